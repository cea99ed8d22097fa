/* The same behind a constant that says no. */
#include "corpus.h"

static long (*const bpf_helper_of_the_future)(void) = (void *)9999;
const volatile bool has_it = false;

SEC("raw_tp/sys_enter")
int call(void *ctx)
{
	if (has_it)
		return bpf_helper_of_the_future();
	return 0;
}

GPL;
