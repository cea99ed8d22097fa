// SPDX-License-Identifier: GPL-2.0
//
// Scheduling latency: how long a thread waits on a run queue between becoming runnable and getting a CPU.
// One event for every wait longer than min_us.
//
// The handful of kernel types needed are declared here with the members that are read, and found in the running kernel by
// CO-RE; so this compiles without vmlinux.h, and one object serves every kernel.

#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#define TASK_COMM_LEN 16
#define TASK_RUNNING 0

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

// From Linux 5.14 on; `___` and what follows is not part of the kernel's name.
struct task_struct {
	unsigned int __state;
	int pid;
	int tgid;
	char comm[TASK_COMM_LEN];
};

// Up to Linux 5.13.
struct task_struct___before_5_14 {
	volatile long state;
};

#pragma clang attribute pop

struct event {
	char task[TASK_COMM_LEN];
	char prev_task[TASK_COMM_LEN];
	__u64 delta_us;
	__s32 pid;
	__s32 prev_pid;
};

// Set before load. 0, and the empty name, filter nothing.
const volatile __u64 min_us = 0;
const volatile __s32 targ_pid = 0;  // one thread
const volatile __s32 targ_tgid = 0; // one process
const volatile char targ_comm[TASK_COMM_LEN] = {}; // names that begin with this

// Since when a thread waits, by its id; only while it does.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32);
	__type(value, __u64);
} start SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} events SEC(".maps");

// Names the type of the records in `events`. skelgen reads it; loaders skip the section.
struct event *events__record SEC(".records");

static __always_inline bool is_other_comm(struct task_struct *task)
{
	char comm[TASK_COMM_LEN];
	int i;

	BPF_CORE_READ_STR_INTO(&comm, task, comm);
	for (i = 0; i < TASK_COMM_LEN && targ_comm[i]; i++)
		if (comm[i] != targ_comm[i])
			return true;
	return false;
}

static __always_inline int enqueue(struct task_struct *task, int pid, int tgid)
{
	__u32 key = pid;
	__u64 now;

	if (!pid)
		return 0;
	if (targ_tgid && targ_tgid != tgid)
		return 0;
	if (targ_pid && targ_pid != pid)
		return 0;
	if (targ_comm[0] && is_other_comm(task))
		return 0;
	now = bpf_ktime_get_ns();
	bpf_map_update_elem(&start, &key, &now, BPF_ANY);
	return 0;
}

static __always_inline long state_of(struct task_struct *task)
{
	struct task_struct___before_5_14 *old = (void *)task;

	if (bpf_core_field_exists(task->__state))
		return BPF_CORE_READ(task, __state);
	return BPF_CORE_READ(old, state);
}

static __always_inline int dispatch(void *ctx, struct task_struct *prev, struct task_struct *next)
{
	struct event event = {};
	__u64 *since, delta_us;
	__u32 pid;

	// Switched out while still runnable: back on the queue from now on.
	if (state_of(prev) == TASK_RUNNING)
		enqueue(prev, BPF_CORE_READ(prev, pid), BPF_CORE_READ(prev, tgid));

	pid = BPF_CORE_READ(next, pid);
	since = bpf_map_lookup_elem(&start, &pid);
	if (!since)
		return 0; // became runnable before tracing began, or is filtered out

	delta_us = (bpf_ktime_get_ns() - *since) / 1000;
	// Also after a short wait: left there, threads that are gone would fill the map, and new ones would not be seen.
	bpf_map_delete_elem(&start, &pid);
	if (min_us && delta_us <= min_us)
		return 0;

	event.pid = pid;
	event.prev_pid = BPF_CORE_READ(prev, pid);
	event.delta_us = delta_us;
	// `current` is still prev here, so the names are read from the tasks.
	BPF_CORE_READ_STR_INTO(&event.task, next, comm);
	BPF_CORE_READ_STR_INTO(&event.prev_task, prev, comm);
	bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &event, sizeof(event));
	return 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(sched_wakeup, struct task_struct *p)
{
	return enqueue(p, p->pid, p->tgid);
}

SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(sched_wakeup_new, struct task_struct *p)
{
	return enqueue(p, p->pid, p->tgid);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	return dispatch(ctx, prev, next);
}

// The same for kernels that do not take programs typed by BTF; user space loads one family or the other.

SEC("raw_tp/sched_wakeup")
int BPF_PROG(raw_sched_wakeup, struct task_struct *p)
{
	return enqueue(p, BPF_CORE_READ(p, pid), BPF_CORE_READ(p, tgid));
}

SEC("raw_tp/sched_wakeup_new")
int BPF_PROG(raw_sched_wakeup_new, struct task_struct *p)
{
	return enqueue(p, BPF_CORE_READ(p, pid), BPF_CORE_READ(p, tgid));
}

SEC("raw_tp/sched_switch")
int BPF_PROG(raw_sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	return dispatch(ctx, prev, next);
}

char LICENSE[] SEC("license") = "GPL";
