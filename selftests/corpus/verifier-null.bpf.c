/* Refused: the pointer may be NULL. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, int);
	__type(value, int);
} map SEC(".maps");

SEC("raw_tp/sys_enter")
int deref(void *ctx)
{
	int key = 1;
	int *found = bpf_map_lookup_elem(&map, &key);

	return *found;
}

GPL;
