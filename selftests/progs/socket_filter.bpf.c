// SPDX-License-Identifier: GPL-2.0
// A filter of one socket.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

int calls = 0;

SEC("socket")
int on_packet(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&calls, 1);
	return -1;
}

char _license[] SEC("license") = "GPL";
