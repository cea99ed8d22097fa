#include "corpus.h"

struct {
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} nothing SEC(".maps");

SEC("raw_tp/sys_enter")
int look(void *ctx)
{
	__u32 zero = 0;

	bpf_map_lookup_elem(&nothing, &zero);
	return 0;
}

GPL;
