/* A section without bytes, but with BTF: refused. */
#include "corpus.h"

int nothing[0] SEC(".data.empty");

SEC("raw_tp/sys_enter")
int fine(void *ctx)
{
	return 0;
}

GPL;
