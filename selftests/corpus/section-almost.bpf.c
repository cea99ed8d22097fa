/* Old, sloppy names are no names any more. */
#include "corpus.h"

SEC("xdp_prog")
int almost(struct xdp_md *ctx)
{
	return XDP_PASS;
}

GPL;
