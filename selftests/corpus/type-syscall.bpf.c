/* 5.14; sleepable without saying so. */
#include "corpus.h"

struct args {
	__u64 value;
};

SEC("syscall")
int run(struct args *ctx)
{
	return ctx->value > 3;
}

GPL;
