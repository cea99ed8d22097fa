/* Values of the kernel's configuration, of every type. */
#include "corpus.h"

extern bool CONFIG_BPF_SYSCALL __kconfig;
extern enum libbpf_tristate CONFIG_NET __kconfig __weak;
extern int CONFIG_HZ __kconfig __weak;
extern char CONFIG_DEFAULT_HOSTNAME[8] __kconfig __weak;
extern bool CONFIG_NOT_A_CONFIG_AT_ALL __kconfig __weak;

int out;

SEC("raw_tp/sys_enter")
int use_them(void *ctx)
{
	out = CONFIG_HZ + CONFIG_NET + CONFIG_BPF_SYSCALL + CONFIG_DEFAULT_HOSTNAME[0];
	if (CONFIG_NOT_A_CONFIG_AT_ALL)
		out = *(volatile int *)0;
	return 0;
}

GPL;
