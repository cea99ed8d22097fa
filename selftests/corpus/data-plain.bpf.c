/* .data, .bss and .rodata, all read and written. */
#include "corpus.h"

int counter;
long total = 17;
const volatile int limit = 3;
char name[16] = "corpus";
static int private_counter;
static const int table[] = {2, 3, 5, 7, 11};

SEC("raw_tp/sys_enter")
int use_them(void *ctx)
{
	unsigned int i;

	for (i = 0; i < 5; i++)
		total += table[i] * ((int volatile *)&limit)[0];
	counter++;
	private_counter += counter;
	name[3] = private_counter;
	return total;
}

GPL;
