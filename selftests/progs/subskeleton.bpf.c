// A program that uses a library of BPF code, which it is linked with statically.
// link: subskeleton_lib2.bpf.c subskeleton_lib.bpf.c

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

/* Of the library: it has a say in what variables of both are. */
int lib_routine(void);

const volatile int rovar1;
int out1;

/* Wins over the library's weak one. */
int var5 = 5;

extern bool CONFIG_BPF_SYSCALL __kconfig;

SEC("raw_tp/sys_enter")
int handler1(const void *context)
{
	out1 = CONFIG_BPF_SYSCALL * lib_routine() * rovar1;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
