#include "corpus.h"

SEC("netkit/primary")
int primary(struct __sk_buff *skb)
{
	return 0;
}

SEC("netkit/peer")
int peer(struct __sk_buff *skb)
{
	return 0;
}

GPL;
