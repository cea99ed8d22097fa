// SPDX-License-Identifier: GPL-2.0
// Cookies of raw tracepoints. Kernel 6.10.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

int tgid = 0;
__u64 raw_tp_res = 0;
__u64 tp_btf_res = 0;

SEC("raw_tp/sys_enter")
int on_raw_tp(void *ctx)
{
	if (tgid == (int)(bpf_get_current_pid_tgid() >> 32))
		raw_tp_res |= bpf_get_attach_cookie(ctx);
	return 0;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(on_tp_btf, struct pt_regs *regs, long id)
{
	if (tgid == (int)(bpf_get_current_pid_tgid() >> 32))
		tp_btf_res |= bpf_get_attach_cookie(ctx);
	return 0;
}

char _license[] SEC("license") = "GPL";
