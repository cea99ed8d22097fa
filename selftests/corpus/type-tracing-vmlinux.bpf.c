/* A target with its module in front: bpftool knows `vmlinux:` too. */
#include "corpus.h"

SEC("fentry/vmlinux:bpf_fentry_test1")
int BPF_PROG(on_entry, int a)
{
	return a > 100;
}

GPL;
