// SPDX-License-Identifier: GPL-2.0
// A program with a global function that others replace.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

__attribute__((noinline)) int verdict(struct xdp_md *ctx)
{
	volatile int value = XDP_PASS;

	return value;
}

SEC("xdp")
int whole(struct xdp_md *ctx)
{
	return verdict(ctx);
}

char _license[] SEC("license") = "GPL";
