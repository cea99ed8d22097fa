/* Calls a function that is only declared. */
#include "corpus.h"

extern int elsewhere(int a);

SEC("raw_tp/sys_enter")
int call(void *ctx)
{
	return elsewhere(1);
}

GPL;
