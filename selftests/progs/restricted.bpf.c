// SPDX-License-Identifier: GPL-2.0
// Programs that need more and more of the system: nothing, the kernel's BTF, tracefs, and what both know of functions.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

int tgid = 0;
int plain_calls = 0;
int core_tgid = 0;
int tracepoint_calls = 0;
int kprobe_calls = 0;
int uprobe_calls = 0;

static int is_ours(void)
{
	return tgid == (int)(bpf_get_current_pid_tgid() >> 32);
}

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

SEC("raw_tp/sys_enter")
int plain(void *ctx)
{
	if (is_ours())
		__sync_fetch_and_add(&plain_calls, 1);
	return 0;
}

SEC("?raw_tp/sys_enter")
int core(void *ctx)
{
	struct task_struct *task;

	if (!is_ours())
		return 0;
	task = (void *)bpf_get_current_task();
	core_tgid = BPF_CORE_READ(task, tgid);
	return 0;
}

SEC("?tp/syscalls/sys_enter_getpgid")
int on_tracepoint(void *ctx)
{
	if (is_ours())
		__sync_fetch_and_add(&tracepoint_calls, 1);
	return 0;
}

SEC("?kprobe/shmem_file_setup")
int on_kprobe(void *ctx)
{
	if (is_ours())
		__sync_fetch_and_add(&kprobe_calls, 1);
	return 0;
}

SEC("?uprobe")
int on_uprobe(void *ctx)
{
	if (is_ours())
		__sync_fetch_and_add(&uprobe_calls, 1);
	return 0;
}

char _license[] SEC("license") = "GPL";
