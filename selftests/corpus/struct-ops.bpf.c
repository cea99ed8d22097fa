/* A congestion control, as little of one as the kernel takes. */
#include "corpus.h"

SEC("struct_ops/corpus_ssthresh")
__u32 BPF_PROG(corpus_ssthresh, struct sock *sk)
{
	return 5;
}

SEC("struct_ops/corpus_undo")
__u32 BPF_PROG(corpus_undo, struct sock *sk)
{
	return 4;
}

SEC("struct_ops/corpus_avoid")
void BPF_PROG(corpus_avoid, struct sock *sk, __u32 ack, __u32 acked)
{
}

SEC(".struct_ops")
struct tcp_congestion_ops corpus_cong = {
	.ssthresh = (void *)corpus_ssthresh,
	.undo_cwnd = (void *)corpus_undo,
	.cong_avoid = (void *)corpus_avoid,
	.name = "bpf_corpus",
};

GPL;
