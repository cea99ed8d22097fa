// SPDX-License-Identifier: GPL-2.0
// Maps that have to do with cgroups: storage of an attachment, shared and per CPU, and cgroups to compare with.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_STORAGE);
	__type(key, struct bpf_cgroup_storage_key);
	__type(value, __u64);
} made SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE);
	__type(key, struct bpf_cgroup_storage_key);
	__type(value, __u32);
} made_here SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__uint(value_size, 4);
} groups SEC(".maps");

int tgid = 0;
// What bpf_current_task_under_cgroup said last: 1, 0, or an errno for an empty slot.
long is_under = -1000;

SEC("cgroup/sock_create")
int on_sock(struct bpf_sock *ctx)
{
	__u64 *all = bpf_get_local_storage(&made, 0);
	__u32 *here = bpf_get_local_storage(&made_here, 0);

	__sync_fetch_and_add(all, 1);
	*here += 1;
	return 1;
}

SEC("raw_tp/sys_enter")
int on_syscall(void *ctx)
{
	if (bpf_get_current_pid_tgid() >> 32 == tgid)
		is_under = bpf_current_task_under_cgroup(&groups, 1);
	return 0;
}

char _license[] SEC("license") = "GPL";
