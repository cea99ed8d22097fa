/* The slots of a program array are programs: a function without a section of its own is none. */
#include "corpus.h"

static int helper(void *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(int));
	__array(values, int(void *));
} jumps SEC(".maps") = {
	.values = { [1] = (void *)&helper },
};

static __attribute__((noinline)) int helper(void *ctx)
{
	return 3;
}

SEC("raw_tp/sys_enter")
int jump(void *ctx)
{
	bpf_tail_call(ctx, &jumps, 1);
	return 0;
}

GPL;
