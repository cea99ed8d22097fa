// SPDX-License-Identifier: GPL-2.0
// An event on getpgid, into the buffer of the CPU it runs on.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define SYS_getpgid 121

struct burst_event {
	int cpu;
	int pid;
	long seq;
	char filler[104];
};
struct burst_event *events__record SEC(".records");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

int tgid = 0;
// How many events a call makes.
int burst = 1;
long seq = 0;
long failed = 0;

SEC("raw_tp/sys_enter")
int on_syscall(struct bpf_raw_tracepoint_args *ctx)
{
	struct burst_event event = {};

	if (ctx->args[1] != SYS_getpgid || (int)(bpf_get_current_pid_tgid() >> 32) != tgid)
		return 0;
	event.cpu = bpf_get_smp_processor_id();
	event.pid = tgid;
	for (int i = 0; i < 512; i++) {
		if (i >= burst)
			break;
		event.seq = seq++;
		if (bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &event, sizeof(event)))
			failed++;
	}
	return 0;
}

char _license[] SEC("license") = "GPL";
