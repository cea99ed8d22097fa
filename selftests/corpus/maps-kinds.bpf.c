/* One of each kind that every kernel has. */
#include "corpus.h"

struct map_key {
	__u32 a;
	__u16 b;
};

struct map_value {
	__u64 count;
	char name[12];
};

#define MAP(name, kind)                                                                            \
	struct {                                                                                       \
		__uint(type, BPF_MAP_TYPE_##kind);                                                         \
		__uint(max_entries, 16);                                                                   \
		__type(key, struct map_key);                                                                   \
		__type(value, struct map_value);                                                               \
	} name SEC(".maps")
#define INDEXED(name, kind)                                                                        \
	struct {                                                                                       \
		__uint(type, BPF_MAP_TYPE_##kind);                                                         \
		__uint(max_entries, 16);                                                                   \
		__type(key, __u32);                                                                        \
		__type(value, __u32);                                                                      \
	} name SEC(".maps")

MAP(hash, HASH);
MAP(percpu_hash, PERCPU_HASH);
MAP(lru_hash, LRU_HASH);
MAP(lru_percpu_hash, LRU_PERCPU_HASH);
INDEXED(array, ARRAY);
INDEXED(percpu_array, PERCPU_ARRAY);
INDEXED(prog_array, PROG_ARRAY);
INDEXED(cgroup_array, CGROUP_ARRAY);
INDEXED(devmap, DEVMAP);
INDEXED(devmap_hash, DEVMAP_HASH);
INDEXED(cpumap, CPUMAP);
INDEXED(sockmap, SOCKMAP);
INDEXED(sockhash, SOCKHASH);
INDEXED(reuseport, REUSEPORT_SOCKARRAY);

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 16);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, __u32);
} lpm SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 16);
	__uint(key_size, 4);
	__uint(value_size, 127 * 8);
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 16);
	__type(value, __u32);
} queue SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 16);
	__uint(value_size, 8);
} stack SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

SEC("raw_tp/sys_enter")
int use_them(void *ctx)
{
	struct map_key key = {.a = 1};
	struct map_value value = {.count = 1};
	__u32 zero = 0;
	__u64 *found;

	bpf_map_update_elem(&hash, &key, &value, BPF_ANY);
	found = bpf_map_lookup_elem(&percpu_hash, &key);
	if (found)
		*found += 1;
	bpf_map_delete_elem(&lru_hash, &key);
	bpf_map_lookup_elem(&array, &zero);
	bpf_map_lookup_elem(&percpu_array, &zero);
	bpf_map_push_elem(&queue, &zero, 0);
	bpf_get_stackid(ctx, &stacks, 0);
	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &value, sizeof(value));
	bpf_tail_call(ctx, &prog_array, 3);
	return 0;
}

GPL;
