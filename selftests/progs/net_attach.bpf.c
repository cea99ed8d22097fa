// SPDX-License-Identifier: GPL-2.0
// Programs of network interfaces: XDP and traffic control, with counters that show the order.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define TC_ACT_OK 0
#define TCX_NEXT -1

int xdp_calls = 0;
int other_xdp_calls = 0;
int ingress_calls = 0;
int egress_calls = 0;
int order_at = 0;
int order[4];

SEC("xdp")
int on_packet(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&xdp_calls, 1);
	return XDP_PASS;
}

SEC("xdp")
int on_packet_other(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&other_xdp_calls, 1);
	return XDP_PASS;
}

SEC("tc")
int on_ingress(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&ingress_calls, 1);
	return TC_ACT_OK;
}

SEC("tc")
int on_egress(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&egress_calls, 1);
	return TC_ACT_OK;
}

static int note(int number)
{
	int at = order_at;

	if (at >= 0 && at < 4) {
		order[at & 3] = number;
		order_at = at + 1;
	}
	return TCX_NEXT;
}

SEC("tcx/ingress")
int first(struct __sk_buff *skb)
{
	return note(1);
}

SEC("tcx/ingress")
int second(struct __sk_buff *skb)
{
	return note(2);
}

SEC("tcx/ingress")
int third(struct __sk_buff *skb)
{
	return note(3);
}

char _license[] SEC("license") = "GPL";
