/* Loads because the kernel knows the frozen constants. */
#include "corpus.h"

const volatile unsigned int rounds = 8;
const volatile int debug = 0;

SEC("raw_tp/sys_enter")
int loop(void *ctx)
{
	unsigned int i;
	int sum = 0;

	for (i = 0; i < rounds; i++)
		sum += i;
	if (debug)
		sum = *(volatile int *)0;
	return sum;
}

GPL;
