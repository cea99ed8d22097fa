/* What begins with .debug_ is no program, whatever it looks like. */
#include "corpus.h"

SEC(".debug_code")
int skipped(void *ctx)
{
	return 1;
}

SEC("raw_tp/sys_enter")
int fine(void *ctx)
{
	return 0;
}

GPL;
