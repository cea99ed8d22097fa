/* BTF that 5.10 does not know: floats. */
#include "corpus.h"

struct measure {
	float value;
	double precise;
	int count;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, int);
	__type(value, struct measure);
} measures SEC(".maps");

SEC("raw_tp/sys_enter")
int look(void *ctx)
{
	int key = 1;
	struct measure *found = bpf_map_lookup_elem(&measures, &key);

	if (found)
		found->count++;
	return 0;
}

GPL;
