/* 16 MiB: past what 5.10 takes as one value. */
#include "corpus.h"

char huge[16 << 20];

SEC("raw_tp/sys_enter")
int use_it(void *ctx)
{
	huge[sizeof(huge) - 1] = 123;
	return 0;
}

GPL;
