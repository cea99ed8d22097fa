/* A type of our own: fewer members than the kernel's, one it does not have, all zero. */
#include "corpus.h"

struct tcp_congestion_ops___mine {
	__u32 (*ssthresh)(struct sock *sk);
	__u32 (*undo_cwnd)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	int member_of_the_future;
	char name[16];
};

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

SEC(".struct_ops")
struct tcp_congestion_ops___mine local_cong = {
	.ssthresh = (void *)ssthresh,
	.undo_cwnd = (void *)undo,
	.cong_avoid = (void *)avoid,
	.name = "bpf_local",
};

GPL;
