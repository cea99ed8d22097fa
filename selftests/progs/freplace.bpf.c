// SPDX-License-Identifier: GPL-2.0
// Replaces a function of another program.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

int calls = 0;

SEC("freplace/verdict")
int drop(struct xdp_md *ctx)
{
	calls++;
	return XDP_DROP;
}

char _license[] SEC("license") = "GPL";
