// SPDX-License-Identifier: GPL-2.0
// Many functions of a library, one link.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

int tgid = 0;
int entries = 0;
int returns = 0;
__u64 cookies = 0;

static int is_ours(void)
{
	return tgid == (int)(bpf_get_current_pid_tgid() >> 32);
}

SEC("uprobe.multi")
int on_entry(struct pt_regs *ctx)
{
	if (!is_ours())
		return 0;
	__sync_fetch_and_add(&entries, 1);
	cookies += bpf_get_attach_cookie(ctx);
	return 0;
}

SEC("uretprobe.multi")
int on_return(struct pt_regs *ctx)
{
	if (is_ours())
		__sync_fetch_and_add(&returns, 1);
	return 0;
}

char _license[] SEC("license") = "GPL";
