/* 64-bit and signed enums. */
#include "corpus.h"

enum wide {
	SMALL = 1,
	LARGE = 0x123456789abcdef,
};

enum negative {
	BELOW = -3,
	ABOVE = 3,
};

enum wide wide_value = LARGE;
enum negative negative_value = BELOW;

SEC("raw_tp/sys_enter")
int look(void *ctx)
{
	wide_value = SMALL;
	negative_value = ABOVE;
	return 0;
}

GPL;
