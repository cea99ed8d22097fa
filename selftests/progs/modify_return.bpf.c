// SPDX-License-Identifier: GPL-2.0
// fmod_ret: the function is not called, and its caller gets another result.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

int calls = 0;
int input_retval = 0;

SEC("fmod_ret/bpf_modify_return_test")
int BPF_PROG(modify, int a, int *b, int ret)
{
	calls++;
	return input_retval;
}

char _license[] SEC("license") = "GPL";
