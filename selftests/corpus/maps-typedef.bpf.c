/* Definitions through typedefs, const and volatile. */
#include "corpus.h"

typedef __u32 id_t_;
typedef const volatile id_t_ odd_t;

struct point {
	int x, y;
};

typedef struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, odd_t);
	__type(value, struct point);
} def_t;

def_t by_typedef SEC(".maps");

SEC("raw_tp/sys_enter")
int look(void *ctx)
{
	__u32 zero = 0;

	bpf_map_lookup_elem(&by_typedef, &zero);
	return 0;
}

GPL;
