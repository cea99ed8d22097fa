/* A member that the kernel does not have, and that is not zero. */
#include "corpus.h"

struct tcp_congestion_ops___mine {
	__u32 (*ssthresh)(struct sock *sk);
	int member_of_the_future;
	char name[16];
};

SEC("struct_ops")
__u32 BPF_PROG(ssthresh, struct sock *sk)
{
	return 5;
}

SEC(".struct_ops")
struct tcp_congestion_ops___mine future_cong = {
	.ssthresh = (void *)ssthresh,
	.member_of_the_future = 1,
	.name = "bpf_future",
};

GPL;
