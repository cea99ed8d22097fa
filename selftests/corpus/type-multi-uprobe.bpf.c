/* 6.6 */
#include "corpus.h"

SEC("uprobe.multi//bin/true:*")
int entry(struct pt_regs *ctx)
{
	return 0;
}

SEC("uprobe.multi.s//bin/true:*")
int sleepable(struct pt_regs *ctx)
{
	return 0;
}

GPL;
