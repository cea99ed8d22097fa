/* XDP with packets in several buffers: a program flag that came with 5.18. */
#include "corpus.h"

SEC("xdp.frags")
int frags(struct xdp_md *ctx)
{
	return XDP_PASS;
}

GPL;
