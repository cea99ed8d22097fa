/* Unix socket hooks, 6.7. */
#include "corpus.h"

SEC("cgroup/connect_unix")
int on_connect(struct bpf_sock_addr *ctx)
{
	return 1;
}

GPL;
