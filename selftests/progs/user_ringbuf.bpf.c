// SPDX-License-Identifier: GPL-2.0
// Drains records of user space on getpgid, works on numbers, and answers through a ring of its own.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define SYS_getpgid 121

enum user_operation { NOTHING = 0, ADD = 1, MULTIPLY = 2 };

struct user_message {
	enum user_operation operation;
	int operand;
	long expected;
	char text[16];
};
struct user_message *to_kernel__record SEC(".records");
struct user_message *to_user__record SEC(".records");

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} to_kernel SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} to_user SEC(".maps");

int tgid = 0;
int answering = 0;
long read = 0;
long drained = 0;
long number = 0;
long wrong = 0;

static long on_message(struct bpf_dynptr *data, void *context)
{
	struct user_message message;

	if (bpf_dynptr_read(&message, sizeof(message), data, 0, 0))
		return 0;
	read++;
	if (message.operation == ADD)
		number += message.operand;
	else if (message.operation == MULTIPLY)
		number *= message.operand;
	if (message.operation && number != message.expected)
		wrong++;
	if (answering)
		bpf_ringbuf_output(&to_user, &message, sizeof(message), 0);
	return 0;
}

SEC("raw_tp/sys_enter")
int on_syscall(struct bpf_raw_tracepoint_args *ctx)
{
	if (ctx->args[1] != SYS_getpgid || (int)(bpf_get_current_pid_tgid() >> 32) != tgid)
		return 0;
	drained = bpf_user_ringbuf_drain(&to_kernel, on_message, 0, 0);
	return 0;
}

char _license[] SEC("license") = "GPL";
