/* No kind of program: it opens, but cannot be loaded. */
#include "corpus.h"

SEC("nonsense/sys_enter")
int what(void *ctx)
{
	return 0;
}

GPL;
