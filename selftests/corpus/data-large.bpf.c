/* 64 KiB of each. */
#include "corpus.h"

char zeros[65536];
char ones[65536] = {1};

SEC("raw_tp/sys_enter")
int use_them(void *ctx)
{
	zeros[65535]++;
	ones[40000]++;
	return 0;
}

GPL;
