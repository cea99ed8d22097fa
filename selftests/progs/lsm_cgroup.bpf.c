// SPDX-License-Identifier: GPL-2.0
// An LSM hook for the sockets of one cgroup. Kernel 6.0.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

int calls = 0;

SEC("lsm_cgroup/socket_post_create")
int BPF_PROG(on_create, struct socket *sock, int family, int type, int protocol, int kern)
{
	__sync_fetch_and_add(&calls, 1);
	return 1;
}

char _license[] SEC("license") = "GPL";
