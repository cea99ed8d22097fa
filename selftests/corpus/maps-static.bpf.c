/* Maps are global: a static one is refused. */
#include "corpus.h"

static struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} static_map SEC(".maps");

SEC("raw_tp/sys_enter")
int look(void *ctx)
{
	__u32 zero = 0;

	bpf_map_lookup_elem(&static_map, &zero);
	return 0;
}

GPL;
