/* What begins with `?` is not loaded, so that it may be broken. */
#include "corpus.h"

SEC("?raw_tp/sys_enter")
int broken(struct bpf_raw_tracepoint_args *ctx)
{
	return *(int *)(long)ctx->args[0];
}

SEC("?fentry/no_such_function_in_any_kernel")
int BPF_PROG(missing)
{
	return 0;
}

SEC("raw_tp/sys_enter")
int fine(struct bpf_raw_tracepoint_args *ctx)
{
	return 0;
}

GPL;
