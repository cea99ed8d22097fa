/* Variables inside functions, hidden ones, weak ones. */
#include "corpus.h"

__hidden int hidden_one = 4;
__weak int weak_one = 5;
__weak const volatile int weak_constant = 6;

SEC("raw_tp/sys_enter")
int first(void *ctx)
{
	static int calls = 100;

	return ++calls + hidden_one;
}

SEC("raw_tp/sys_enter")
int second(void *ctx)
{
	static int calls;

	weak_one += weak_constant;
	return ++calls;
}

GPL;
