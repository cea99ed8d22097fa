// SPDX-License-Identifier: GPL-2.0
// Many functions, one link: which of bpf_fentry_test1..8 were entered and left, by cookie.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

int tgid = 0;
int entries = 0;
int returns = 0;
__u64 entry_cookies = 0;
__u64 return_cookies = 0;

static int is_ours(void)
{
	return tgid == (int)(bpf_get_current_pid_tgid() >> 32);
}

SEC("kprobe.multi")
int on_entry(struct pt_regs *ctx)
{
	if (!is_ours())
		return 0;
	__sync_fetch_and_add(&entries, 1);
	entry_cookies += bpf_get_attach_cookie(ctx);
	return 0;
}

SEC("kretprobe.multi")
int on_return(struct pt_regs *ctx)
{
	if (!is_ours())
		return 0;
	__sync_fetch_and_add(&returns, 1);
	return_cookies += bpf_get_attach_cookie(ctx);
	return 0;
}

SEC("kprobe.multi/bpf_fentry_tes??")
int by_question_marks(struct pt_regs *ctx)
{
	if (is_ours())
		__sync_fetch_and_add(&entries, 1);
	return 0;
}

SEC("kretprobe.multi/bpf_fentry_test*")
int by_star(struct pt_regs *ctx)
{
	if (is_ours())
		__sync_fetch_and_add(&returns, 1);
	return 0;
}

SEC("fentry/bpf_modify_return_test")
int BPF_PROG(trigger)
{
	return 0;
}

char _license[] SEC("license") = "GPL";
