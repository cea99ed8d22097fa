/* The outer map comes first; its inner one is not there yet when it is made. */
#include "corpus.h"

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, int);
};

extern struct inner later;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__array(values, struct inner);
} an_outer SEC(".maps") = {
	.values = {&later},
};

struct inner later SEC(".maps");

SEC("raw_tp/sys_enter")
int look(void *ctx)
{
	int zero = 0;

	bpf_map_lookup_elem(&an_outer, &zero);
	return 0;
}

GPL;
