/* The values of a map of maps come last in its definition. */
#include "corpus.h"

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, int);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	struct inner *values[0];
	__uint(max_entries, 2);
	__type(key, int);
} outer SEC(".maps");

SEC("raw_tp/sys_enter")
int look(void *ctx)
{
	int zero = 0;

	return bpf_map_lookup_elem(&outer, &zero) != 0;
}

GPL;
