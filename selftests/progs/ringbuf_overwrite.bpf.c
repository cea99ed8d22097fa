// SPDX-License-Identifier: GPL-2.0
// A ring that replaces old records by new ones, Linux 6.19.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define SYS_getpgid 121
#define RB_OVERWRITE (1U << 19)

struct numbered {
	long seq;
};
struct numbered *records__record SEC(".records");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
	__uint(map_flags, RB_OVERWRITE);
} records SEC(".maps");

int tgid = 0;
long seq = 0;
long dropped = 0;

SEC("raw_tp/sys_enter")
int on_syscall(struct bpf_raw_tracepoint_args *ctx)
{
	struct numbered *record;

	if (ctx->args[1] != SYS_getpgid || (int)(bpf_get_current_pid_tgid() >> 32) != tgid)
		return 0;
	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (!record) {
		dropped++;
		return 0;
	}
	record->seq = seq++;
	bpf_ringbuf_submit(record, 0);
	return 0;
}

char _license[] SEC("license") = "GPL";
