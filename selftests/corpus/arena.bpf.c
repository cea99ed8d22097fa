/* 6.9: memory shared with user space; its globals live in .addr_space.1. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARENA);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 10);
} arena SEC(".maps");

extern void *bpf_arena_alloc_pages(void *map, void *addr, __u32 page_cnt, int node_id, __u64 flags) __ksym __weak;

unsigned long out;

SEC("syscall")
int alloc(void *ctx)
{
	out = (unsigned long)bpf_arena_alloc_pages(&arena, (void *)0, 1, -1, 0);
	return 0;
}

GPL;
