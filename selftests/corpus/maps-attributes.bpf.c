/* Flags, node, pinning none, key and value by type and by size. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_RDONLY_PROG);
	__uint(pinning, 0);
	__type(key, __u32);
	__uint(key_size, 4);
	__type(value, __u64);
	__uint(value_size, 8);
} mapped SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE);
	__uint(numa_node, 0);
	__type(key, __u32);
	__type(value, __u64);
} on_node SEC(".maps");

SEC("raw_tp/sys_enter")
int look(void *ctx)
{
	__u32 zero = 0;
	__u64 *value = bpf_map_lookup_elem(&mapped, &zero);

	return value ? *value : 0;
}

GPL;
