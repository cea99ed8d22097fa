/* Sections that are nobody's are skipped. */
#include "corpus.h"

int unused_table[4] SEC("my_table") = {1, 2, 3, 4};

SEC("raw_tp/sys_enter")
int fine(void *ctx)
{
	return 0;
}

GPL;
