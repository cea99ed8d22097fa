// SPDX-License-Identifier: GPL-2.0
// Programs for bench/attach.bench.mjs; they are attached, never run on purpose.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("kprobe")
int on_kprobe(void *ctx)
{
	return 0;
}

SEC("uprobe")
int on_uprobe(void *ctx)
{
	return 0;
}

SEC("?kprobe.multi")
int on_many(void *ctx)
{
	return 0;
}

char _license[] SEC("license") = "GPL";
