/* Section `version`, which old kernels asked for. */
#include "corpus.h"

SEC("kprobe/vfs_read")
int fine(struct pt_regs *ctx)
{
	return 0;
}

__u32 VERSION SEC("version") = 0x060000;
GPL;
