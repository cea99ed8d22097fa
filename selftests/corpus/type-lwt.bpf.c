#include "corpus.h"

SEC("lwt_in")
int in(struct __sk_buff *skb)
{
	return BPF_OK;
}

SEC("lwt_out")
int out(struct __sk_buff *skb)
{
	return BPF_OK;
}

SEC("lwt_xmit")
int xmit(struct __sk_buff *skb)
{
	return BPF_OK;
}

SEC("lwt_seg6local")
int seg6local(struct __sk_buff *skb)
{
	return BPF_OK;
}

GPL;
