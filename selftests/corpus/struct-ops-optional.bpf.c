/* A map that is not created takes its programs with it. */
#include "corpus.h"

SEC("struct_ops")
__u32 BPF_PROG(broken, struct sock *sk)
{
	return *(volatile __u32 *)0;
}

SEC("?.struct_ops")
struct tcp_congestion_ops optional_cong = {
	.ssthresh = (void *)broken,
	.name = "bpf_optional",
};

SEC("raw_tp/sys_enter")
int fine(void *ctx)
{
	return 0;
}

GPL;
