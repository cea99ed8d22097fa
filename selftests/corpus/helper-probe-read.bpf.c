/* Helpers that older kernels have under another name. */
#include "corpus.h"

char text[16];

SEC("raw_tp/sys_enter")
int read_them(struct bpf_raw_tracepoint_args *ctx)
{
	bpf_probe_read_kernel(text, sizeof(text), (void *)ctx->args[0]);
	bpf_probe_read_kernel_str(text, sizeof(text), (void *)ctx->args[0]);
	bpf_probe_read_user(text, sizeof(text), (void *)ctx->args[1]);
	bpf_probe_read_user_str(text, sizeof(text), (void *)ctx->args[1]);
	return 0;
}

GPL;
