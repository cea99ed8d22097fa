// SPDX-License-Identifier: GPL-2.0
// A congestion control that counts, and never lets the window grow.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

int inits = 0;
int acks = 0;
int other_acks = 0;

SEC("struct_ops/count_init")
void BPF_PROG(count_init, struct sock *sk)
{
	__sync_fetch_and_add(&inits, 1);
}

SEC("struct_ops/count_acks")
void BPF_PROG(count_acks, struct sock *sk, __u32 ack, __u32 acked)
{
	__sync_fetch_and_add(&acks, 1);
}

SEC("struct_ops/count_other_acks")
void BPF_PROG(count_other_acks, struct sock *sk, __u32 ack, __u32 acked)
{
	__sync_fetch_and_add(&other_acks, 1);
}

SEC("struct_ops/ssthresh")
__u32 BPF_PROG(ssthresh, struct sock *sk)
{
	return 5;
}

SEC("struct_ops/undo_cwnd")
__u32 BPF_PROG(undo_cwnd, struct sock *sk)
{
	return 5;
}

char _license[] SEC("license") = "GPL";
