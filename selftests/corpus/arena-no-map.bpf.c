/* Globals of an arena, and no maps at all: nothing can use them, so nobody minds. */
#include "corpus.h"

long lonely SEC(".addr_space.1") = 1;

SEC("raw_tp/sys_enter")
int fine(void *ctx)
{
	return 0;
}

GPL;
