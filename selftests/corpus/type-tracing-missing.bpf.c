/* No such function: refused. */
#include "corpus.h"

SEC("fentry/no_such_function_in_any_kernel")
int BPF_PROG(on_entry, int a)
{
	return 0;
}

GPL;
