/* Offsets inside a section come from the symbols, not from BTF. */
#include "corpus.h"

char byte = 1;
long long wide __attribute__((aligned(64))) = 2;
char other = 3;
static long quad[3] = {4, 5, 6};

SEC("raw_tp/sys_enter")
int use_them(void *ctx)
{
	byte += other;
	wide += quad[byte & 1];
	quad[2]++;
	return 0;
}

GPL;
