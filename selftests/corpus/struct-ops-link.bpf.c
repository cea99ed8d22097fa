/* 6.4: registered by a link. */
#include "corpus.h"

SEC("struct_ops")
__u32 BPF_PROG(ssthresh, struct sock *sk)
{
	return 5;
}

SEC("struct_ops")
__u32 BPF_PROG(undo, struct sock *sk)
{
	return 4;
}

SEC("struct_ops")
void BPF_PROG(avoid, struct sock *sk, __u32 ack, __u32 acked)
{
}

SEC(".struct_ops.link")
struct tcp_congestion_ops linked_cong = {
	.ssthresh = (void *)ssthresh,
	.undo_cwnd = (void *)undo,
	.cong_avoid = (void *)avoid,
	.name = "bpf_linked",
};

GPL;
