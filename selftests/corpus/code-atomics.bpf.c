/* Atomic instructions, 5.12. */
#include "corpus.h"

long counter;

SEC("raw_tp/sys_enter")
int exchange(void *ctx)
{
	__sync_fetch_and_add(&counter, 1);
	return __sync_val_compare_and_swap(&counter, 1, 2);
}

GPL;
