/* Sizes that are no power of two pages are rounded up. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 5000);
} ring SEC(".maps");

SEC("raw_tp/sys_enter")
int reserve(void *ctx)
{
	int *record = bpf_ringbuf_reserve(&ring, 4, 0);

	if (!record)
		return 0;
	*record = 1;
	bpf_ringbuf_submit(record, 0);
	return 0;
}

GPL;
