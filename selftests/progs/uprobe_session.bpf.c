// SPDX-License-Identifier: GPL-2.0
// One program for entry and return of functions in user space.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

int calls = 0;

SEC("uprobe.session")
int on_session(struct pt_regs *ctx)
{
	__sync_fetch_and_add(&calls, 1);
	return 0;
}

char _license[] SEC("license") = "GPL";
