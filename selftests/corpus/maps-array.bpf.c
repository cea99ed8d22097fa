/* Each map is a variable of its own. */
#include "corpus.h"

struct definition {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, int);
};

struct definition several[2] SEC(".maps");

SEC("raw_tp/sys_enter")
int look(void *ctx)
{
	int zero = 0;

	return bpf_map_lookup_elem(&several[1], &zero) != 0;
}

GPL;
