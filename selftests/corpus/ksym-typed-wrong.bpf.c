/* Declared with another type than the kernel's. */
#include "corpus.h"

extern const int runqueues __ksym;

int out;

SEC("raw_tp/sys_enter")
int use_it(void *ctx)
{
	int *value = bpf_this_cpu_ptr(&runqueues);

	out = *value;
	return 0;
}

GPL;
