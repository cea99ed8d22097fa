/* The verifier allows no recursion. */
#include "corpus.h"

__attribute__((noinline)) int down(int a)
{
	return a <= 0 ? 0 : down(a - 1) + (int)bpf_get_prandom_u32();
}

SEC("raw_tp/sys_enter")
int call(void *ctx)
{
	return down(3);
}

GPL;
