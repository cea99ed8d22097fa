/* 6.0 */
#include "corpus.h"

SEC("lsm_cgroup/socket_bind")
int BPF_PROG(on_bind, struct socket *sock, struct sockaddr *address, int addrlen)
{
	return 1;
}

GPL;
