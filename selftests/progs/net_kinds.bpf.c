// SPDX-License-Identifier: GPL-2.0
// Programs of networking that are not of one interface alone, and one on each side of a netkit pair.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define BPF_OK 0
#define NETKIT_NEXT -1

int flows = 0;
int choices = 0;
int primary_calls = 0;
int peer_calls = 0;

SEC("flow_dissector")
int on_flow(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&flows, 1);
	return BPF_OK;
}

SEC("sk_reuseport")
int on_choice(struct sk_reuseport_md *ctx)
{
	__sync_fetch_and_add(&choices, 1);
	return SK_PASS;
}

SEC("netkit/primary")
int on_primary(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&primary_calls, 1);
	return NETKIT_NEXT;
}

SEC("netkit/peer")
int on_peer(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&peer_calls, 1);
	return NETKIT_NEXT;
}

char _license[] SEC("license") = "GPL";
