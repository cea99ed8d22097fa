/* Needs a program to replace a function of: refused without. */
#include "corpus.h"

SEC("freplace/some_function")
int replacement(struct xdp_md *ctx)
{
	return 1;
}

GPL;
