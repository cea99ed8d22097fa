/* A key of type void has no size. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, void);
	__type(value, int);
} keyless SEC(".maps");

SEC("raw_tp/sys_enter")
int look(void *ctx)
{
	int zero = 0;

	return bpf_map_lookup_elem(&keyless, &zero) != 0;
}

GPL;
