/* A table of functions cannot be relocated. */
#include "corpus.h"

static __attribute__((noinline)) int add(int a)
{
	return a + 1;
}

static __attribute__((noinline)) int sub(int a)
{
	return a - 1;
}

int (*table[2])(int) = {add, sub};

SEC("raw_tp/sys_enter")
int call(void *ctx)
{
	return table[bpf_get_prandom_u32() & 1](4);
}

GPL;
