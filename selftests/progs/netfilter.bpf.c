// SPDX-License-Identifier: GPL-2.0
// A netfilter hook that counts packets. Kernel 6.4.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define NF_ACCEPT 1

int calls = 0;

SEC("netfilter")
int on_packet(struct bpf_nf_ctx *ctx)
{
	__sync_fetch_and_add(&calls, 1);
	return NF_ACCEPT;
}

char _license[] SEC("license") = "GPL";
