// SPDX-License-Identifier: GPL-2.0
// An iterator over cgroups (6.1).
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("iter/cgroup")
int dump_cgroup(struct bpf_iter__cgroup *ctx)
{
	struct cgroup *cgroup = ctx->cgroup;

	if (cgroup)
		BPF_SEQ_PRINTF(ctx->meta->seq, "%llu\n", cgroup->kn->id);
	return 0;
}

char _license[] SEC("license") = "GPL";
