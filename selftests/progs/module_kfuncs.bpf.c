// SPDX-License-Identifier: GPL-2.0
// Kernel functions that are in a module (nf_conntrack): makes a connection, looks it up, and gives every reference back.
#define BPF_NO_KFUNC_PROTOTYPES
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#ifndef __ksym
#define __ksym __attribute__((section(".ksyms")))
#endif
#define CURRENT_NETNS (-1)
#define UDP 17

struct bpf_ct_opts___ours {
	int netns_id;
	int error;
	__u8 l4proto;
	__u8 dir;
	__u8 reserved[2];
};

extern struct nf_conn___init *bpf_xdp_ct_alloc(struct xdp_md *, struct bpf_sock_tuple *, __u32,
					       struct bpf_ct_opts___ours *, __u32) __ksym;
extern struct nf_conn *bpf_xdp_ct_lookup(struct xdp_md *, struct bpf_sock_tuple *, __u32,
					 struct bpf_ct_opts___ours *, __u32) __ksym;
extern struct nf_conn *bpf_ct_insert_entry(struct nf_conn___init *) __ksym;
extern void bpf_ct_set_timeout(struct nf_conn___init *, __u32) __ksym;
extern void bpf_ct_release(struct nf_conn *) __ksym;
extern int bpf_ct_no_such_function(struct nf_conn *) __ksym __weak;

int error_before = 0;
int found_after = 0;
int has_no_such_function = -1;

SEC("xdp")
int make_connection(struct xdp_md *ctx)
{
	struct bpf_ct_opts___ours opts = { .netns_id = CURRENT_NETNS, .l4proto = UDP };
	struct bpf_sock_tuple tuple = {};
	struct nf_conn___init *made;
	struct nf_conn *connection;

	tuple.ipv4.saddr = 0x0100007f;
	tuple.ipv4.daddr = 0x0200007f;
	tuple.ipv4.sport = 0x1234;
	tuple.ipv4.dport = 0x4321;
	has_no_such_function = bpf_ct_no_such_function != 0;

	connection = bpf_xdp_ct_lookup(ctx, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts));
	if (connection) {
		bpf_ct_release(connection);
		return XDP_ABORTED;
	}
	error_before = opts.error;

	made = bpf_xdp_ct_alloc(ctx, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts));
	if (!made)
		return XDP_DROP;
	bpf_ct_set_timeout(made, 1000);
	connection = bpf_ct_insert_entry(made);
	if (!connection)
		return XDP_TX;
	bpf_ct_release(connection);

	connection = bpf_xdp_ct_lookup(ctx, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts));
	if (connection) {
		found_after = 1;
		bpf_ct_release(connection);
	}
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
