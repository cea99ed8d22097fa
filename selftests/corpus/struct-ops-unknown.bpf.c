/* No struct_ops of that name. */
#include "corpus.h"

struct no_such_ops {
	int (*call)(void);
};

SEC("struct_ops")
int BPF_PROG(call)
{
	return 0;
}

SEC(".struct_ops")
struct no_such_ops nothing = {
	.call = (void *)call,
};

GPL;
