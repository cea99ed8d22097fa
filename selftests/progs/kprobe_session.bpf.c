// SPDX-License-Identifier: GPL-2.0
// One program for entry and return.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

int tgid = 0;
int calls = 0;
int parity = 0;

// With parity 1 the entry asks for no return.
SEC("kprobe.session/bpf_fentry_test1")
int on_session(struct pt_regs *ctx)
{
	if (tgid != (int)(bpf_get_current_pid_tgid() >> 32))
		return 1;
	__sync_fetch_and_add(&calls, 1);
	return parity ? 1 : 0;
}

SEC("fentry/bpf_modify_return_test")
int BPF_PROG(trigger)
{
	return 0;
}

char _license[] SEC("license") = "GPL";
