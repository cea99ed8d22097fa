// SPDX-License-Identifier: GPL-2.0
// Two programs whose targets are fixed at load, by BTF.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

int tgid = 0;
unsigned long long fentry_calls = 0;
unsigned long long fentry_argument = 0;
unsigned long long tp_calls = 0;
long tp_syscall = -1;

SEC("fentry/bpf_fentry_test1")
int BPF_PROG(on_entry, int a)
{
	fentry_calls++;
	fentry_argument = a;
	return 0;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(on_syscall, struct pt_regs *regs, long id)
{
	if (tgid != (int)(bpf_get_current_pid_tgid() >> 32))
		return 0;
	tp_syscall = id;
	__sync_fetch_and_add(&tp_calls, 1);
	return 0;
}

char _license[] SEC("license") = "GPL";
