#include "corpus.h"

extern const void no_such_symbol_in_any_kernel __ksym;

unsigned long out;

SEC("raw_tp/sys_enter")
int use_it(void *ctx)
{
	out = (unsigned long)&no_such_symbol_in_any_kernel;
	return 0;
}

GPL;
