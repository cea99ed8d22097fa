/* key and key_size disagree. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__uint(key_size, 8);
	__type(value, __u64);
} conflict SEC(".maps");

SEC("raw_tp/sys_enter")
int look(void *ctx)
{
	__u64 zero = 0;

	bpf_map_lookup_elem(&conflict, &zero);
	return 0;
}

GPL;
