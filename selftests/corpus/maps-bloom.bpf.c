/* 5.16: map_extra says how many hashes. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 64);
	__uint(map_extra, 3);
	__type(value, __u32);
} bloom SEC(".maps");

SEC("raw_tp/sys_enter")
int add(void *ctx)
{
	__u32 value = 7;

	bpf_map_push_elem(&bloom, &value, 0);
	return 0;
}

GPL;
