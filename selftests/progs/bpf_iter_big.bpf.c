// SPDX-License-Identifier: GPL-2.0
// A megabyte of output: more than the kernel hands out at once.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u8[256]);
} blocks SEC(".maps");

SEC("iter/bpf_map_elem")
int dump_blocks(struct bpf_iter__bpf_map_elem *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	void *value = ctx->value;

	if (value)
		bpf_seq_write(seq, value, 256);
	return 0;
}

char _license[] SEC("license") = "GPL";
