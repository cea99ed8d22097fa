/* Attach types of tcx, which loads without them on kernels that have none. */
#include "corpus.h"

SEC("tcx/ingress")
int tcx_in(struct __sk_buff *skb)
{
	return 0;
}

SEC("tc/egress")
int tcx_out(struct __sk_buff *skb)
{
	return 0;
}

GPL;
