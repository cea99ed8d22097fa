// SPDX-License-Identifier: GPL-2.0
// Programs of several kinds that do nothing but count: for attaching and closing many times.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

int calls = 0;

SEC("kprobe")
int on_probe(void *ctx)
{
	__sync_fetch_and_add(&calls, 1);
	return 0;
}

SEC("uprobe")
int on_uprobe(void *ctx)
{
	__sync_fetch_and_add(&calls, 1);
	return 0;
}

SEC("tp/syscalls/sys_enter_getpgid")
int on_tracepoint(void *ctx)
{
	__sync_fetch_and_add(&calls, 1);
	return 0;
}

SEC("raw_tp/sys_enter")
int on_raw_tracepoint(void *ctx)
{
	return 0;
}

SEC("perf_event")
int on_event(void *ctx)
{
	return 0;
}

char _license[] SEC("license") = "GPL";
