// SPDX-License-Identifier: GPL-2.0
// The cookie that each kind of attachment gives its program. Kernel 5.15.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

int tgid = 0;
__u64 kprobe_res = 0;
__u64 kretprobe_res = 0;
__u64 uprobe_res = 0;
__u64 uretprobe_res = 0;
__u64 tp_res = 0;
__u64 pe_res = 0;

static void update(void *ctx, __u64 *res)
{
	if (tgid == (int)(bpf_get_current_pid_tgid() >> 32))
		*res |= bpf_get_attach_cookie(ctx);
}

SEC("kprobe")
int handle_kprobe(struct pt_regs *ctx)
{
	update(ctx, &kprobe_res);
	return 0;
}

SEC("kretprobe")
int handle_kretprobe(struct pt_regs *ctx)
{
	update(ctx, &kretprobe_res);
	return 0;
}

SEC("uprobe")
int handle_uprobe(struct pt_regs *ctx)
{
	update(ctx, &uprobe_res);
	return 0;
}

SEC("uretprobe")
int handle_uretprobe(struct pt_regs *ctx)
{
	update(ctx, &uretprobe_res);
	return 0;
}

// Three that are alike: one program can be at a tracepoint only once.
SEC("tp")
int handle_tp1(void *ctx)
{
	update(ctx, &tp_res);
	return 0;
}

SEC("tp")
int handle_tp2(void *ctx)
{
	update(ctx, &tp_res);
	return 0;
}

SEC("tp")
int handle_tp3(void *ctx)
{
	update(ctx, &tp_res);
	return 0;
}

SEC("perf_event")
int handle_pe(struct pt_regs *ctx)
{
	pe_res |= bpf_get_attach_cookie(ctx);
	return 0;
}

char _license[] SEC("license") = "GPL";
