/* Verified on its own, the pointer may be anything: refused. */
#include "corpus.h"

__attribute__((noinline)) int read_it(unsigned long address)
{
	return *(int *)address;
}

SEC("raw_tp/sys_enter")
int call(void *ctx)
{
	return read_it(1);
}

GPL;
