/* The kernel refuses a hash without room. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u64);
} no_room SEC(".maps");

SEC("raw_tp/sys_enter")
int look(void *ctx)
{
	__u32 zero = 0;

	bpf_map_lookup_elem(&no_room, &zero);
	return 0;
}

GPL;
