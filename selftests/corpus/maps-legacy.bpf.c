/* The old way to define maps is refused. */
#include "corpus.h"

struct bpf_map_def {
	unsigned int type, key_size, value_size, max_entries, map_flags;
};

struct bpf_map_def old SEC("maps") = {
	.type = BPF_MAP_TYPE_ARRAY,
	.key_size = 4,
	.value_size = 4,
	.max_entries = 1,
};

SEC("raw_tp/sys_enter")
int look(void *ctx)
{
	int zero = 0;

	bpf_map_lookup_elem(&old, &zero);
	return 0;
}

GPL;
