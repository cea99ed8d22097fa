/* A single function without a section counts as a program of no known kind. */
#include "corpus.h"

int lonely(void *ctx)
{
	return 0;
}

GPL;
