/* No target, and nobody sets one: refused. */
#include "corpus.h"

SEC("fentry")
int BPF_PROG(on_entry, int a)
{
	return 0;
}

GPL;
