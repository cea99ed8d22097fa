// SPDX-License-Identifier: GPL-2.0
// One program at entry and return of a function. Kernel 7.0.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

int calls = 0;

SEC("fsession/bpf_fentry_test1")
int BPF_PROG(both, int a)
{
	calls++;
	return 0;
}

char _license[] SEC("license") = "GPL";
