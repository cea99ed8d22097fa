// SPDX-License-Identifier: GPL-2.0
// Values of the kernel's configuration, of every type, and those that loaders make up.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

extern int LINUX_KERNEL_VERSION __kconfig;
extern bool CONFIG_BPF_SYSCALL __kconfig;
extern int LINUX_UNKNOWN_VIRTUAL_EXTERN __kconfig __weak;
extern enum libbpf_tristate CONFIG_TRISTATE __kconfig __weak;
extern bool CONFIG_BOOL __kconfig __weak;
extern char CONFIG_CHAR __kconfig __weak;
extern __u16 CONFIG_USHORT __kconfig __weak;
extern int CONFIG_INT __kconfig __weak;
extern __u64 CONFIG_ULONG __kconfig __weak;
extern const char CONFIG_STR[8] __kconfig __weak;
extern __u64 CONFIG_MISSING __kconfig __weak;

__u64 kern_ver = -1;
__u64 unkn_virt_val = -1;
__u64 bpf_syscall = -1;
__u64 tristate_val = -1;
__u64 bool_val = -1;
__u64 char_val = -1;
__u64 ushort_val = -1;
__u64 int_val = -1;
__u64 ulong_val = -1;
__u64 str_val = -1;
__u64 missing_val = -1;

static long (*const bpf_missing_helper)(const void *arg) = (void *)999;

SEC("raw_tp/sys_enter")
int handle_sys_enter(void *ctx)
{
	int i;

	kern_ver = LINUX_KERNEL_VERSION;
	unkn_virt_val = LINUX_UNKNOWN_VIRTUAL_EXTERN;
	bpf_syscall = CONFIG_BPF_SYSCALL;
	tristate_val = CONFIG_TRISTATE;
	bool_val = CONFIG_BOOL;
	char_val = CONFIG_CHAR;
	ushort_val = CONFIG_USHORT;
	int_val = CONFIG_INT;
	ulong_val = CONFIG_ULONG;
	for (i = 0; i < sizeof(CONFIG_STR); i++)
		((char *)&str_val)[i] = CONFIG_STR[i];
	if (CONFIG_MISSING)
		// Dead code while the value is missing: the verifier knows the constant.
		missing_val = bpf_missing_helper(ctx);
	else
		missing_val = 0xDEADC0DE;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
