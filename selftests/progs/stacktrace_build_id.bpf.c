// SPDX-License-Identifier: GPL-2.0
// User stacks as build ids and offsets, by both helpers.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define DEPTH 127

typedef struct bpf_stack_build_id stack_trace_t[DEPTH];

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} control_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32);
	__type(value, __u32);
} stackid_hmap SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 128);
	__uint(map_flags, 1 << 5); // BPF_F_STACK_BUILD_ID
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(stack_trace_t));
} stackmap SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 128);
	__type(key, __u32);
	__type(value, stack_trace_t);
} stack_amap SEC(".maps");

const volatile int targ_tgid = 0;

SEC("kprobe/urandom_read_iter")
int oncpu(void *ctx)
{
	__u32 max_len = sizeof(stack_trace_t);
	__u32 key = 0, val = 0, *value_p;
	void *stack_p;

	if (targ_tgid && targ_tgid != (int)(bpf_get_current_pid_tgid() >> 32))
		return 0;
	value_p = bpf_map_lookup_elem(&control_map, &key);
	if (value_p && *value_p)
		return 0; // enough

	key = bpf_get_stackid(ctx, &stackmap, BPF_F_USER_STACK);
	if ((int)key >= 0) {
		bpf_map_update_elem(&stackid_hmap, &key, &val, 0);
		stack_p = bpf_map_lookup_elem(&stack_amap, &key);
		if (stack_p)
			bpf_get_stack(ctx, stack_p, max_len, BPF_F_USER_STACK | BPF_F_USER_BUILD_ID);
	}
	return 0;
}

char _license[] SEC("license") = "GPL";
