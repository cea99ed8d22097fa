/* A map of maps that does not say what the inner ones are like: refused by the kernel. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 4);
} outer SEC(".maps");

SEC("raw_tp/sys_enter")
int look(void *ctx)
{
	int zero = 0;

	bpf_map_lookup_elem(&outer, &zero);
	return 0;
}

GPL;
