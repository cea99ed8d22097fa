/* Addresses from /proc/kallsyms. */
#include "corpus.h"

extern const void init_task __ksym;
extern const void no_such_symbol_in_any_kernel __ksym __weak;

unsigned long out;

SEC("raw_tp/sys_enter")
int use_them(void *ctx)
{
	out = (unsigned long)&init_task;
	if (&no_such_symbol_in_any_kernel)
		out = *(volatile int *)0;
	return 0;
}

GPL;
