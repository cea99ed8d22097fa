/* Programs that see socket addresses: the expected attach type decides what they may do. */
#include "corpus.h"

#define ADDRESS(name)                                                                              \
	SEC("cgroup/" #name) int on_##name(struct bpf_sock_addr *ctx)                                  \
	{                                                                                              \
		return 1;                                                                     \
	}

ADDRESS(bind4)
ADDRESS(bind6)
ADDRESS(connect4)
ADDRESS(connect6)
ADDRESS(sendmsg4)
ADDRESS(sendmsg6)
ADDRESS(recvmsg4)
ADDRESS(recvmsg6)
ADDRESS(getpeername4)
ADDRESS(getpeername6)
ADDRESS(getsockname4)
ADDRESS(getsockname6)

GPL;
