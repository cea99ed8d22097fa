// SPDX-License-Identifier: GPL-2.0
//
// How long threads wait for a CPU, as a histogram: slot n counts waits of 2^n up to 2^(n+1) - 1 units.

#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#define SLOTS 27
#define TASK_RUNNING 0

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

// From Linux 5.14 on; `___` and what follows is not part of the kernel's name.
struct task_struct {
	unsigned int __state;
	int pid;
	int tgid;
};

// Up to Linux 5.13.
struct task_struct___before_5_14 {
	volatile long state;
};

#pragma clang attribute pop

const volatile __s32 targ_tgid = 0; // one process; 0 for all
const volatile bool in_ms = false;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32);
	__type(value, __u64);
} start SEC(".maps");

// One count for each CPU: no two of them ever write the same one.
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} slots SEC(".maps");

static __always_inline int enqueue(struct task_struct *task)
{
	__u32 pid = BPF_CORE_READ(task, pid);
	__u64 now = bpf_ktime_get_ns();

	if (!pid || (targ_tgid && targ_tgid != BPF_CORE_READ(task, tgid)))
		return 0;
	bpf_map_update_elem(&start, &pid, &now, BPF_ANY);
	return 0;
}

static __always_inline long state_of(struct task_struct *task)
{
	struct task_struct___before_5_14 *old = (void *)task;

	if (bpf_core_field_exists(task->__state))
		return BPF_CORE_READ(task, __state);
	return BPF_CORE_READ(old, state);
}

static __always_inline __u32 log2_of(__u64 value)
{
	__u32 slot = 0;
	int shift;

	for (shift = 32; shift > 0; shift >>= 1) {
		if (value >> shift) {
			value >>= shift;
			slot += shift;
		}
	}
	return slot;
}

SEC("raw_tp/sched_wakeup")
int BPF_PROG(on_wakeup, struct task_struct *task)
{
	return enqueue(task);
}

SEC("raw_tp/sched_wakeup_new")
int BPF_PROG(on_wakeup_new, struct task_struct *task)
{
	return enqueue(task);
}

SEC("raw_tp/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	__u64 *since, *count, waited;
	__u32 pid, slot;

	if (state_of(prev) == TASK_RUNNING)
		enqueue(prev);
	pid = BPF_CORE_READ(next, pid);
	since = bpf_map_lookup_elem(&start, &pid);
	if (!since)
		return 0;
	waited = (bpf_ktime_get_ns() - *since) / (in_ms ? 1000000 : 1000);
	bpf_map_delete_elem(&start, &pid);
	slot = log2_of(waited);
	if (slot >= SLOTS)
		slot = SLOTS - 1;
	count = bpf_map_lookup_elem(&slots, &slot);
	if (count)
		*count += 1;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
