/* With -ffunction-sections each function has a section of its own, and loaders do not look for them there. */
#include "corpus.h"

__attribute__((section(".text.helper"), noinline)) static int helper(int value)
{
	return value * 2 + (int)bpf_get_prandom_u32();
}

SEC("raw_tp/sys_enter")
int call(void *ctx)
{
	return helper(1);
}

GPL;
