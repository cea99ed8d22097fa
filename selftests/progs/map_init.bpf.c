// SPDX-License-Identifier: GPL-2.0
// Inserts into a per-CPU map, whose type and size the test chooses.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

__u64 inKey = 0;
__u64 inValue = 0;
__u32 inPid = 0;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 2);
	__type(key, __u64);
	__type(value, __u64);
} hashmap1 SEC(".maps");

SEC("raw_tp/sys_enter")
int sys_enter(void *ctx)
{
	if ((__u32)(bpf_get_current_pid_tgid() >> 32) != inPid)
		return 0;
	bpf_map_update_elem(&hashmap1, &inKey, &inValue, BPF_NOEXIST);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
