// SPDX-License-Identifier: GPL-2.0
// fentry and fexit of another BPF program and of a function in it.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

int entries = 0;
int exits = 0;
int result = 0;

SEC("fentry/whole")
int BPF_PROG(on_entry, struct xdp_buff *xdp)
{
	entries++;
	return 0;
}

SEC("fexit/verdict")
int BPF_PROG(on_exit, struct xdp_buff *xdp, int ret)
{
	exits++;
	result = ret;
	return 0;
}

char _license[] SEC("license") = "GPL";
