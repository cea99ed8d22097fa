/* Fields inside a struct without a name are no fields of the definition. */
#include "corpus.h"

struct {
	struct {
		__uint(type, BPF_MAP_TYPE_ARRAY);
	};
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, int);
} nested SEC(".maps");

SEC("raw_tp/sys_enter")
int look(void *ctx)
{
	int zero = 0;

	return bpf_map_lookup_elem(&nested, &zero) != 0;
}

GPL;
