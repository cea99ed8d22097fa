/* Several programs in one section, in the order of their code. */
#include "corpus.h"

SEC("raw_tp/sys_enter")
int second(void *ctx)
{
	return 2;
}

SEC("raw_tp/sys_enter")
int first(void *ctx)
{
	return 1;
}

SEC("raw_tp/sys_exit")
int third(void *ctx)
{
	return 3;
}

GPL;
