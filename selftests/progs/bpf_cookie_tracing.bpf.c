// SPDX-License-Identifier: GPL-2.0
// Cookies of fentry, fexit and LSM programs. Kernel 6.0.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

__u64 fentry_res = 0;
__u64 fexit_res = 0;

SEC("fentry/bpf_fentry_test1")
int BPF_PROG(on_entry, int a)
{
	fentry_res |= bpf_get_attach_cookie(ctx);
	return 0;
}

SEC("fexit/bpf_fentry_test1")
int BPF_PROG(on_exit, int a, int ret)
{
	fexit_res |= bpf_get_attach_cookie(ctx);
	return 0;
}

char _license[] SEC("license") = "GPL";
