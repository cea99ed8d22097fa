// SPDX-License-Identifier: GPL-2.0
// Samples on getpgid: even ones are reserved and submitted, odd ones are output from a copy and a reservation is thrown away.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define SYS_getpgid 121

struct getpgid_sample {
	int pid;
	int seq;
	long value;
	char comm[16];
};
struct getpgid_sample *samples__record SEC(".records");
struct getpgid_sample *others__record SEC(".records");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} samples SEC(".maps");

// A second ring, for several on one waiter.
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} others SEC(".maps");

int tgid = 0;
long value = 0;
long flags = 0;
int to_others = 0;
// Bytes of an extra record of no type, 0 for none.
int odd_bytes = 0;

int seq = 0;
long total = 0;
long dropped = 0;
long discarded = 0;
long avail_data = 0;
long ring_size = 0;
long cons_pos = 0;
long prod_pos = 0;

static int fill(struct getpgid_sample *sample)
{
	sample->pid = bpf_get_current_pid_tgid() >> 32;
	sample->value = value;
	bpf_get_current_comm(sample->comm, sizeof(sample->comm));
	sample->seq = seq++;
	return sample->seq;
}

SEC("raw_tp/sys_enter")
int on_syscall(struct bpf_raw_tracepoint_args *ctx)
{
	struct getpgid_sample *sample, copy = {};

	if (ctx->args[1] != SYS_getpgid || (int)(bpf_get_current_pid_tgid() >> 32) != tgid)
		return 0;
	if (to_others) {
		fill(&copy);
		bpf_ringbuf_output(&others, &copy, sizeof(copy), flags);
		return 0;
	}
	if (odd_bytes) {
		bpf_ringbuf_output(&samples, &copy, odd_bytes & 15, flags);
		return 0;
	}
	sample = bpf_ringbuf_reserve(&samples, sizeof(*sample), 0);
	if (!sample) {
		__sync_fetch_and_add(&dropped, 1);
		return 0;
	}
	total++;
	if (fill(sample) & 1) {
		// The copy comes after the reservation, so it waits for it.
		__builtin_memcpy(&copy, sample, sizeof(copy));
		if (bpf_ringbuf_output(&samples, &copy, sizeof(copy), flags))
			dropped++;
		discarded++;
		bpf_ringbuf_discard(sample, flags);
	} else {
		bpf_ringbuf_submit(sample, flags);
	}
	avail_data = bpf_ringbuf_query(&samples, BPF_RB_AVAIL_DATA);
	ring_size = bpf_ringbuf_query(&samples, BPF_RB_RING_SIZE);
	cons_pos = bpf_ringbuf_query(&samples, BPF_RB_CONS_POS);
	prod_pos = bpf_ringbuf_query(&samples, BPF_RB_PROD_POS);
	return 0;
}

char _license[] SEC("license") = "GPL";
