/* Sleepable where the kernel lets errors be injected, or on system calls. */
#include "corpus.h"

SEC("fentry.s/__x64_sys_getpgid")
int BPF_PROG(on_entry, const struct pt_regs *regs)
{
	return 0;
}

GPL;
