// SPDX-License-Identifier: GPL-2.0
// A program that is only ever test-run: adds up what is in its context. Kernel 5.14.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct sum_context {
	__u64 a;
	__u64 b;
	__u64 sum;
};

SEC("syscall")
int add(struct sum_context *ctx)
{
	ctx->sum = ctx->a + ctx->b;
	return 7;
}

char _license[] SEC("license") = "GPL";
