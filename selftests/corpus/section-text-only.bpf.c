/* A function without a section is no program: there is nothing to load, and nothing wrong. */
#include "corpus.h"

int lonely(void *ctx)
{
	return 0;
}

GPL;
