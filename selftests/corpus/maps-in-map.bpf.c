/* Maps of maps, their slots filled from the definition. */
#include "corpus.h"

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, int);
};

struct inner first SEC(".maps");
struct inner second SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__array(values, struct inner);
} outer_array SEC(".maps") = {
	.values = {[0] = &first, [3] = &second},
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, int);
	__array(values, struct inner);
} outer_hash SEC(".maps") = {
	.values = {[1] = &second},
};

SEC("raw_tp/sys_enter")
int look(void *ctx)
{
	int zero = 0;
	void *map = bpf_map_lookup_elem(&outer_array, &zero);
	int *value;

	if (!map)
		return 0;
	value = bpf_map_lookup_elem(map, &zero);
	if (value)
		*value += 1;
	bpf_map_lookup_elem(&outer_hash, &zero);
	return 0;
}

GPL;
