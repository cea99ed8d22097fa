// SPDX-License-Identifier: GPL-2.0
// Which socket a connection goes to: counted, and for one port dropped. Kernel 5.9.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

int calls = 0;
unsigned int dropped_port = 0;

SEC("sk_lookup")
int on_lookup(struct bpf_sk_lookup *ctx)
{
	__sync_fetch_and_add(&calls, 1);
	return ctx->local_port == dropped_port ? SK_DROP : SK_PASS;
}

char _license[] SEC("license") = "GPL";
