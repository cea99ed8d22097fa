/* A global function that takes the context through a tag; kernels before 6.8 need its BTF rewritten. */
#include "corpus.h"

#define __arg_ctx __attribute__((btf_decl_tag("arg:ctx")))

__attribute__((noinline)) int with_context(void *ctx __arg_ctx)
{
	return bpf_get_stack(ctx, (void *)0, 0, 0);
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
