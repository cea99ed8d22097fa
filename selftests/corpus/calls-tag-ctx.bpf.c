/* A global function that takes the context through a tag; kernels before 6.8 need its BTF rewritten. */
#include "corpus.h"

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 16);
	__uint(key_size, 4);
	__uint(value_size, 8 * 8);
} stacks SEC(".maps");

#define __arg_ctx __attribute__((btf_decl_tag("arg:ctx")))

__attribute__((noinline)) int with_context(void *ctx __arg_ctx)
{
	return bpf_get_stackid(ctx, &stacks, 0);
}

SEC("raw_tp/sys_enter")
int on_raw_tp(void *ctx)
{
	return with_context(ctx);
}

SEC("kprobe/vfs_read")
int on_kprobe(void *ctx)
{
	return with_context(ctx);
}

GPL;
