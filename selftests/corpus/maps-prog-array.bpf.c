/* Program arrays with initial slots. */
#include "corpus.h"

int tail_one(void *ctx);
int tail_two(void *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 3);
	__uint(key_size, 4);
	__array(values, int(void *));
} jumps SEC(".maps") = {
	.values = {[0] = (void *)&tail_one, [2] = (void *)&tail_two},
};

SEC("raw_tp/sys_enter")
int tail_one(void *ctx)
{
	return 1;
}

SEC("raw_tp/sys_enter")
int tail_two(void *ctx)
{
	return 2;
}

SEC("raw_tp/sys_enter")
int entry(void *ctx)
{
	bpf_tail_call(ctx, &jumps, 2);
	return 0;
}

GPL;
