/* One arena is the most that an object can have. */
#include "corpus.h"

struct {
	/* BPF_MAP_TYPE_ARENA, which older headers lack. */
	__uint(type, 33);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 4);
} one SEC(".maps"), other SEC(".maps");

SEC("raw_tp/sys_enter")
int fine(void *ctx)
{
	return 0;
}

GPL;
