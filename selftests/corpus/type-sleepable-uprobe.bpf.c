/* 6.0 */
#include "corpus.h"

SEC("uprobe.s")
int sleepable(struct pt_regs *ctx)
{
	char byte = 0;

	bpf_copy_from_user(&byte, 1, (void *)ctx->sp);
	return byte;
}

GPL;
