/* Targets in the kernel's BTF. */
#include "corpus.h"

SEC("fentry/bpf_fentry_test1")
int BPF_PROG(on_entry, int a)
{
	return a > 100;
}

SEC("fexit/bpf_fentry_test2")
int BPF_PROG(on_exit, int a, __u64 b, int ret)
{
	return 0;
}

GPL;
