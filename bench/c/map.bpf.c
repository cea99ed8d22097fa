// SPDX-License-Identifier: GPL-2.0
// A map for bench/map.bench.mjs; no program.
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 100000);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

char _license[] SEC("license") = "GPL";
