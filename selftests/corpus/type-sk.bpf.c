/* Socket programs of all kinds. */
#include "corpus.h"

SEC("sk_skb/stream_parser")
int parser(struct __sk_buff *skb)
{
	return skb->len;
}

SEC("sk_skb/stream_verdict")
int verdict(struct __sk_buff *skb)
{
	return SK_PASS;
}

SEC("sk_skb")
int plain(struct __sk_buff *skb)
{
	return SK_PASS;
}

SEC("sk_msg")
int msg(struct sk_msg_md *ctx)
{
	return SK_PASS;
}

SEC("sk_lookup")
int lookup(struct bpf_sk_lookup *ctx)
{
	return SK_PASS;
}

SEC("sockops")
int ops(struct bpf_sock_ops *ctx)
{
	return ctx->op ? 1 : 0;
}

SEC("flow_dissector")
int dissector(struct __sk_buff *skb)
{
	return BPF_OK;
}

GPL;
