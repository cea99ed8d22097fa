// SPDX-License-Identifier: GPL-2.0
// Programs of a cgroup: packets out, sockets made, connections, with counters that show the order.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

int egress_calls = 0;
int sock_calls = 0;
int connect_calls = 0;
unsigned int connect_port = 0;
int order_at = 0;
int order[4];

SEC("cgroup_skb/egress")
int on_egress(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&egress_calls, 1);
	return 1;
}

SEC("cgroup/sock_create")
int on_sock(struct bpf_sock *ctx)
{
	__sync_fetch_and_add(&sock_calls, 1);
	return 1;
}

SEC("cgroup/connect4")
int on_connect(struct bpf_sock_addr *ctx)
{
	__sync_fetch_and_add(&connect_calls, 1);
	connect_port = ctx->user_port;
	return 1;
}

static int note(int number)
{
	int at = order_at;

	if (at >= 0 && at < 4) {
		order[at & 3] = number;
		order_at = at + 1;
	}
	return 1;
}

SEC("cgroup/sock_create")
int first(struct bpf_sock *ctx)
{
	return note(1);
}

SEC("cgroup/sock_create")
int second(struct bpf_sock *ctx)
{
	return note(2);
}

SEC("cgroup/sock_create")
int third(struct bpf_sock *ctx)
{
	return note(3);
}

SEC("cgroup/skb")
int direction_unsaid(struct __sk_buff *skb)
{
	return 1;
}

char _license[] SEC("license") = "GPL";
