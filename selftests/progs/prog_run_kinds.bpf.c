// SPDX-License-Identifier: GPL-2.0
// One program of each type that Linux 5.10 can test-run on a packet or a context of sockets; each says which it is.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define BPF_OK 0

int lookups = 0;
unsigned int lookup_port = 0;

SEC("socket")
int on_filter(struct __sk_buff *skb)
{
	return skb->len;
}

SEC("action")
int on_action(struct __sk_buff *skb)
{
	return 2;
}

SEC("cgroup_skb/egress")
int on_cgroup(struct __sk_buff *skb)
{
	return 1;
}

SEC("lwt_in")
int on_lwt(struct __sk_buff *skb)
{
	return BPF_OK;
}

SEC("lwt_xmit")
int on_lwt_xmit(struct __sk_buff *skb)
{
	return BPF_OK;
}

SEC("lwt_out")
int on_lwt_out(struct __sk_buff *skb)
{
	return BPF_OK;
}

SEC("lwt_seg6local")
int on_lwt_seg6local(struct __sk_buff *skb)
{
	return BPF_OK;
}

SEC("flow_dissector")
int on_flow(struct __sk_buff *skb)
{
	struct bpf_flow_keys *keys = skb->flow_keys;

	keys->thoff = 42;
	return BPF_OK;
}

SEC("tc")
int on_context(struct __sk_buff *skb)
{
	skb->mark += 1;
	return 0;
}

SEC("?sk_lookup")
int on_lookup(struct bpf_sk_lookup *ctx)
{
	lookups++;
	lookup_port = ctx->local_port;
	return SK_PASS;
}

char _license[] SEC("license") = "GPL";
