// SPDX-License-Identifier: GPL-2.0
// A program for every hook of a cgroup that Linux 5.10 has; each counts, and allows.
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

COUNTED("cgroup_skb/ingress", on_ingress, __sk_buff)
COUNTED("cgroup_skb/egress", on_egress, __sk_buff)
COUNTED("cgroup/sock_create", on_sock_create, bpf_sock)
COUNTED("cgroup/sock_release", on_sock_release, bpf_sock)
COUNTED("cgroup/post_bind4", on_post_bind4, bpf_sock)
COUNTED("cgroup/post_bind6", on_post_bind6, bpf_sock)
COUNTED("cgroup/bind4", on_bind4, bpf_sock_addr)
COUNTED("cgroup/bind6", on_bind6, bpf_sock_addr)
COUNTED("cgroup/connect4", on_connect4, bpf_sock_addr)
COUNTED("cgroup/connect6", on_connect6, bpf_sock_addr)
COUNTED("cgroup/sendmsg4", on_sendmsg4, bpf_sock_addr)
COUNTED("cgroup/sendmsg6", on_sendmsg6, bpf_sock_addr)
COUNTED("cgroup/recvmsg4", on_recvmsg4, bpf_sock_addr)
COUNTED("cgroup/recvmsg6", on_recvmsg6, bpf_sock_addr)
COUNTED("cgroup/getpeername4", on_getpeername4, bpf_sock_addr)
COUNTED("cgroup/getpeername6", on_getpeername6, bpf_sock_addr)
COUNTED("cgroup/getsockname4", on_getsockname4, bpf_sock_addr)
COUNTED("cgroup/getsockname6", on_getsockname6, bpf_sock_addr)
COUNTED("cgroup/sysctl", on_sysctl, bpf_sysctl)
COUNTED("cgroup/getsockopt", on_getsockopt, bpf_sockopt)
COUNTED("cgroup/setsockopt", on_setsockopt, bpf_sockopt)
COUNTED("cgroup/dev", on_device, bpf_cgroup_dev_ctx)
COUNTED("sockops", on_sockops, bpf_sock_ops)

char _license[] SEC("license") = "GPL";
