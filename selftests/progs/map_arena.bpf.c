// SPDX-License-Identifier: GPL-2.0
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
	// BPF_MAP_TYPE_ARENA and BPF_F_MMAPABLE, which older headers lack.
	__uint(type, 33);
	__uint(map_flags, 1 << 10);
	__uint(max_entries, 16);
} arena SEC(".maps");

char _license[] SEC("license") = "GPL";
