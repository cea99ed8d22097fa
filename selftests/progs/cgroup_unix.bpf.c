// SPDX-License-Identifier: GPL-2.0
// Hooks of a cgroup for sockets of the Unix domain (6.7).
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define COUNTED(section, name, context)                                                                  \
	int name##_calls = 0;                                                                            \
	SEC(section)                                                                                     \
	int name(struct context *ctx)                                                                    \
	{                                                                                                \
		__sync_fetch_and_add(&name##_calls, 1);                                                  \
		return 1;                                                                                \
	}

COUNTED("cgroup/connect_unix", on_connect, bpf_sock_addr)
COUNTED("cgroup/sendmsg_unix", on_sendmsg, bpf_sock_addr)
COUNTED("cgroup/recvmsg_unix", on_recvmsg, bpf_sock_addr)
COUNTED("cgroup/getpeername_unix", on_getpeername, bpf_sock_addr)
COUNTED("cgroup/getsockname_unix", on_getsockname, bpf_sock_addr)

char _license[] SEC("license") = "GPL";
