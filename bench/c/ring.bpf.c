// SPDX-License-Identifier: GPL-2.0
// Fills a ring buffer with numbered records, for bench/ring.bench.mjs and bench/c/ring.c.
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

struct record {
	// The time it was made at, if asked for.
	__u64 sequence;
	__u32 first;
	__u32 second;
	__u32 pid;
	__u32 cpu;
};
struct record *records__record SEC(".records");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 25);
} records SEC(".maps");

__u32 count = 0;
__u64 produced = 0;
__u64 dropped = 0;
// Nanoseconds that the last run took.
__u64 elapsed = 0;
// 0, BPF_RB_NO_WAKEUP or BPF_RB_FORCE_WAKEUP.
__u64 wakeup = 0;
// Whether records carry the time they were made at instead of their number.
__u32 timed = 0;
__u32 tgid = 0;
__u32 cpu = 0;

static long produce_one(__u32 index, void *context)
{
	struct record *record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);

	if (!record) {
		dropped++;
		return 0;
	}
	record->sequence = timed ? bpf_ktime_get_ns() : produced;
	record->first = index;
	record->second = index * 3;
	record->pid = tgid;
	record->cpu = cpu;
	produced++;
	bpf_ringbuf_submit(record, wakeup);
	return 0;
}

SEC("syscall")
int produce(void *context)
{
	__u64 start = bpf_ktime_get_ns();

	bpf_loop(count, produce_one, 0, 0);
	elapsed = bpf_ktime_get_ns() - start;
	return 0;
}

char _license[] SEC("license") = "GPL";
