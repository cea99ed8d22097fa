/* 5.19 */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

SEC("raw_tp/sys_enter")
int reserve(void *ctx)
{
	struct bpf_dynptr record;
	int value = 3;

	bpf_ringbuf_reserve_dynptr(&ring, 64, 0, &record);
	bpf_dynptr_write(&record, 0, &value, sizeof(value), 0);
	bpf_ringbuf_submit_dynptr(&record, 0);
	return 0;
}

GPL;
