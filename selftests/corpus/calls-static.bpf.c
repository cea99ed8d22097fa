/* Static functions in .text, called in a tangle: their order in the program is that of first calls, depth first. */
#include "corpus.h"

static __attribute__((noinline)) int leaf(int a)
{
	return a * (int)bpf_get_prandom_u32();
}

static __attribute__((noinline)) int middle(int a)
{
	return leaf(a) + 1;
}

static __attribute__((noinline)) int other(int a)
{
	return middle(a) ^ leaf(a + 1);
}

static __attribute__((noinline)) int never_called_by_first(int a)
{
	return leaf(a) + other(a);
}

SEC("raw_tp/sys_enter")
int first(void *ctx)
{
	return other(1) + middle(2) + leaf(3);
}

SEC("raw_tp/sys_enter")
int second(void *ctx)
{
	return never_called_by_first(4) + middle(5);
}

GPL;
