/* Values that the loader makes up. */
#include "corpus.h"

extern int LINUX_KERNEL_VERSION __kconfig;
extern bool LINUX_HAS_BPF_COOKIE __kconfig;
extern bool LINUX_HAS_SYSCALL_WRAPPER __kconfig __weak;
extern int LINUX_SOMETHING_UNHEARD_OF __kconfig __weak;

int out;

SEC("raw_tp/sys_enter")
int use_them(void *ctx)
{
	out = LINUX_KERNEL_VERSION + LINUX_HAS_BPF_COOKIE + LINUX_HAS_SYSCALL_WRAPPER;
	if (LINUX_SOMETHING_UNHEARD_OF)
		out = *(volatile int *)0;
	return 0;
}

GPL;
