/* 6.4 */
#include "corpus.h"

SEC("netfilter")
int accept(struct bpf_nf_ctx *ctx)
{
	return 1;
}

GPL;
