/* Addresses of functions as arguments, 5.13 and 5.17. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} array SEC(".maps");

static int on_round(__u32 index, void *context)
{
	return 0;
}

static long on_element(struct bpf_map *map, __u32 *key, __u64 *value, void *context)
{
	*value += 1;
	return 0;
}

static __attribute__((noinline)) int deeper(int rounds)
{
	return bpf_loop(rounds & 7, on_round, 0, 0);
}

SEC("raw_tp/sys_enter")
int iterate(void *ctx)
{
	bpf_for_each_map_elem(&array, on_element, 0, 0);
	return bpf_loop(8, on_round, 0, 0) + deeper(bpf_get_prandom_u32());
}

GPL;
