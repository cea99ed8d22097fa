/* A helper that no kernel has. */
#include "corpus.h"

static long (*const bpf_helper_of_the_future)(void) = (void *)9999;

SEC("raw_tp/sys_enter")
int call(void *ctx)
{
	return bpf_helper_of_the_future();
}

GPL;
