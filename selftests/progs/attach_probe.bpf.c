// SPDX-License-Identifier: GPL-2.0
// Probes by every way that SEC() has, each with a counter; all load on any kernel since 5.5.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

int tgid = 0;
int kprobe_calls = 0;
int kretprobe_calls = 0;
int ksyscall_calls = 0;
int kretsyscall_calls = 0;
int uprobe_calls = 0;
long uprobe_argument = 0;
int uretprobe_calls = 0;
long uretprobe_result = 0;
int tracepoint_calls = 0;
int raw_tracepoint_calls = 0;
int event_calls = 0;

static int is_ours(void)
{
	return tgid == (int)(bpf_get_current_pid_tgid() >> 32);
}

SEC("kprobe")
int on_kprobe(struct pt_regs *ctx)
{
	if (is_ours())
		__sync_fetch_and_add(&kprobe_calls, 1);
	return 0;
}

SEC("kretprobe")
int on_kretprobe(struct pt_regs *ctx)
{
	if (is_ours())
		__sync_fetch_and_add(&kretprobe_calls, 1);
	return 0;
}

SEC("ksyscall/nanosleep")
int on_ksyscall(struct pt_regs *ctx)
{
	if (is_ours())
		__sync_fetch_and_add(&ksyscall_calls, 1);
	return 0;
}

SEC("kretsyscall/nanosleep")
int on_kretsyscall(struct pt_regs *ctx)
{
	if (is_ours())
		__sync_fetch_and_add(&kretsyscall_calls, 1);
	return 0;
}

SEC("uprobe")
int on_uprobe(struct pt_regs *ctx)
{
	if (is_ours()) {
		__sync_fetch_and_add(&uprobe_calls, 1);
		uprobe_argument = PT_REGS_PARM1(ctx);
	}
	return 0;
}

SEC("uretprobe")
int on_uretprobe(struct pt_regs *ctx)
{
	if (is_ours()) {
		__sync_fetch_and_add(&uretprobe_calls, 1);
		uretprobe_result = PT_REGS_RC(ctx);
	}
	return 0;
}

SEC("tp/syscalls/sys_enter_nanosleep")
int on_tracepoint(void *ctx)
{
	if (is_ours())
		__sync_fetch_and_add(&tracepoint_calls, 1);
	return 0;
}

SEC("raw_tp/sys_enter")
int on_raw_tracepoint(struct bpf_raw_tracepoint_args *ctx)
{
	if (is_ours())
		__sync_fetch_and_add(&raw_tracepoint_calls, 1);
	return 0;
}

SEC("perf_event")
int on_event(void *ctx)
{
	__sync_fetch_and_add(&event_calls, 1);
	return 0;
}

char _license[] SEC("license") = "GPL";
