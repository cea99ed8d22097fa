/* Links over many functions at once: the attach type is checked at load from 5.18 on. */
#include "corpus.h"

SEC("kprobe.multi/vfs_*")
int entry(struct pt_regs *ctx)
{
	return 0;
}

SEC("kretprobe.multi/vfs_*")
int leave(struct pt_regs *ctx)
{
	return 0;
}

GPL;
