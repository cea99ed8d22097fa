// SPDX-License-Identifier: GPL-2.0
// A map of each kind that every kernel here has, and a program on getpgid that works on some of them.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define SYS_getpgid 121

struct pair_key {
	__u32 first;
	__u16 second;
	__u16 third;
};

struct pair_value {
	__u64 count;
	__s32 balance;
	char name[12];
	__u8 flags[4];
};

struct prefix {
	__u32 length;
	__u8 address[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct pair_key);
	__type(value, struct pair_value);
} pairs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__uint(key_size, 3);
	__uint(value_size, 5);
} untyped SEC(".maps");

struct guarded_value {
	struct bpf_spin_lock lock;
	__u32 amount;
	__u32 other;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct guarded_value);
} guarded SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32);
	__type(key, __u32);
	__type(value, __u32);
} recent SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct pair_value);
} table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 600);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, __u64);
} shared SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u32);
} cpu_counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} cpu_table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 16);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, __u32);
} routes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 4);
	__type(value, __u32);
} waiting SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 4);
	__type(value, struct pair_key);
} pile SEC(".maps");

struct inner_hash {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} inner_one SEC(".maps"), inner_two SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 3);
	__type(key, __u32);
	__array(values, struct inner_hash);
} map_table SEC(".maps") = {
	.values = { [1] = &inner_one },
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct inner_hash);
} map_hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__uint(value_size, 4);
} tails SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 64);
	__uint(key_size, 4);
	__uint(value_size, 127 * 8);
} stacks SEC(".maps");

int tgid = 0;
int calls = 0;
int tail_calls = 0;
int cpu = -1;
int stack_id = -1;
int queue_full = 0;

SEC("raw_tp/sys_enter")
int on_tail(struct bpf_raw_tracepoint_args *ctx)
{
	tail_calls++;
	return 0;
}

SEC("raw_tp/sys_enter")
int on_syscall(struct bpf_raw_tracepoint_args *ctx)
{
	__u32 key = 7, zero = 0;
	__u64 *count, one = 1;
	void *inner;

	if (ctx->args[1] != SYS_getpgid || (int)(bpf_get_current_pid_tgid() >> 32) != tgid)
		return 0;
	calls++;
	cpu = bpf_get_smp_processor_id();
	count = bpf_map_lookup_elem(&counts, &key);
	if (count)
		*count += 1;
	else
		bpf_map_update_elem(&counts, &key, &one, BPF_ANY);
	count = bpf_map_lookup_elem(&shared, &key);
	if (count)
		*count += 1;
	count = bpf_map_lookup_elem(&cpu_table, &zero);
	if (count)
		*count += 1;
	if (bpf_map_push_elem(&waiting, &key, 0))
		queue_full++;
	inner = bpf_map_lookup_elem(&map_hash, &key);
	if (inner) {
		count = bpf_map_lookup_elem(inner, &key);
		if (count)
			*count += 1;
	}
	stack_id = bpf_get_stackid(ctx, &stacks, 0);
	bpf_tail_call(ctx, &tails, 0);
	return 0;
}

char _license[] SEC("license") = "GPL";
