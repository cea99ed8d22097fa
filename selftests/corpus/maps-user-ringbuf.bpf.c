/* 6.1 */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_USER_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

static long take(struct bpf_dynptr *record, void *context)
{
	return 0;
}

SEC("raw_tp/sys_enter")
int drain(void *ctx)
{
	bpf_user_ringbuf_drain(&ring, take, 0, 0);
	return 0;
}

GPL;
