/* Refused: the verifier sees no end. */
#include "corpus.h"

int go_on = 1;

SEC("raw_tp/sys_enter")
int forever(void *ctx)
{
	while (*(volatile int *)&go_on)
		;
	return 0;
}

GPL;
