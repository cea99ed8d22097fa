// SPDX-License-Identifier: GPL-2.0
// A tracepoint whose argument a program may write: the result of our own test runs.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

int tgid = 0;
int error = 0;
int calls = 0;

SEC("raw_tp.w/bpf_test_finish")
int on_finish(unsigned long long *ctx)
{
	int *result = (int *)ctx[0];

	if (tgid != (int)(bpf_get_current_pid_tgid() >> 32))
		return 0;
	__sync_fetch_and_add(&calls, 1);
	*result = error;
	return 0;
}

SEC("socket")
int on_packet(struct __sk_buff *skb)
{
	return 0;
}

char _license[] SEC("license") = "GPL";
