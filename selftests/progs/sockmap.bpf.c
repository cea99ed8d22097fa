// SPDX-License-Identifier: GPL-2.0
// Messages and streams of the sockets in a map.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} sockets SEC(".maps");

int messages = 0;
int verdicts = 0;

SEC("sk_msg")
int on_message(struct sk_msg_md *msg)
{
	__sync_fetch_and_add(&messages, 1);
	return SK_PASS;
}

SEC("sk_skb/stream_verdict")
int on_verdict(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&verdicts, 1);
	return SK_PASS;
}

char _license[] SEC("license") = "GPL";
