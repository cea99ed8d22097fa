// SPDX-License-Identifier: GPL-2.0
//
// Every execve(2) with its arguments: collected when it is entered, sent when its result is known.

#include <stdbool.h>

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#define TASK_COMM_LEN 16
#define MAX_ARGS 60
#define ARGS_SIZE 4096
#define ARG_LEN 256

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct task_struct {
	struct task_struct *real_parent;
	int tgid;
};

// What the tracepoints of system calls are given.
struct trace_event_raw_sys_enter {
	unsigned long args[6];
};
struct trace_event_raw_sys_exit {
	long ret;
};

#pragma clang attribute pop

// What is known of every call; the arguments follow it, NUL after each.
struct event {
	__s32 pid;
	__s32 ppid;
	__u32 uid;
	__s32 ret;
	__u32 args_size;
	bool truncated;
	char comm[TASK_COMM_LEN];
};

struct call {
	struct event event;
	char args[ARGS_SIZE];
};

const volatile bool ignore_failed = true;
const volatile __u32 targ_uid = -1;

__u64 dropped = 0;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, struct call);
} calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct call);
} blank SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

// Names the type that records in `events` begin with. skelgen reads it; loaders skip the section.
struct event *events__record SEC(".records");

SEC("tracepoint/syscalls/sys_enter_execve")
int on_enter(struct trace_event_raw_sys_enter *ctx)
{
	__u32 zero = 0, tid = (__u32)bpf_get_current_pid_tgid();
	__u32 uid = (__u32)bpf_get_current_uid_gid();
	const char **args = (const char **)BPF_CORE_READ(ctx, args[1]);
	struct task_struct *task = (void *)bpf_get_current_task();
	struct call *call;
	volatile __u32 *size;
	int i;

	if (targ_uid != (__u32)-1 && targ_uid != uid)
		return 0;
	call = bpf_map_lookup_elem(&blank, &zero);
	if (!call || bpf_map_update_elem(&calls, &tid, call, BPF_ANY))
		return 0;
	call = bpf_map_lookup_elem(&calls, &tid);
	if (!call)
		return 0;
	call->event.pid = bpf_get_current_pid_tgid() >> 32;
	call->event.ppid = BPF_CORE_READ(task, real_parent, tgid);
	call->event.uid = uid;
	// In memory, about whose contents the verifier assumes nothing: so it follows one path, not one for each length.
	size = &call->event.args_size;
	for (i = 0; i < MAX_ARGS; i++) {
		const char *arg = NULL;
		__u32 start = *size;
		int read;

		bpf_probe_read_user(&arg, sizeof(arg), &args[i]);
		if (!arg)
			break;
		if (start > ARGS_SIZE - ARG_LEN) {
			call->event.truncated = true;
			break;
		}
		read = bpf_probe_read_user_str(&call->args[start], ARG_LEN, arg);
		if (read < 0)
			call->event.truncated = true; // its page is not in memory
		// 5.10 says 0 for an empty string. From here on the buffer is all NUL, so either way this ends one.
		*size = start + (read > 0 ? read : 1);
	}
	if (i == MAX_ARGS)
		call->event.truncated = true;
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_execve")
int on_exit(struct trace_event_raw_sys_exit *ctx)
{
	__u32 tid = (__u32)bpf_get_current_pid_tgid(), size;
	struct call *call = bpf_map_lookup_elem(&calls, &tid);

	if (!call)
		return 0;
	call->event.ret = BPF_CORE_READ(ctx, ret);
	if (!ignore_failed || call->event.ret >= 0) {
		bpf_get_current_comm(call->event.comm, sizeof(call->event.comm));
		size = call->event.args_size;
		if (size > ARGS_SIZE)
			size = ARGS_SIZE;
		if (bpf_ringbuf_output(&events, call, sizeof(struct event) + size, 0))
			__sync_fetch_and_add(&dropped, 1);
	}
	bpf_map_delete_elem(&calls, &tid);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
