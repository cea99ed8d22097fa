// SPDX-License-Identifier: GPL-2.0
// USDT: no arguments, three, twelve of all widths; how many there are, what they hold, the cookie.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/usdt.bpf.h>

int tgid = 0;

int usdt0_called = 0;
__u64 usdt0_cookie = 0;
int usdt0_arg_cnt = 0;
int usdt0_arg_ret = 0;

static int is_ours(void)
{
	return tgid == (int)(bpf_get_current_pid_tgid() >> 32);
}

SEC("usdt")
int usdt0(struct pt_regs *ctx)
{
	long value;

	if (!is_ours())
		return 0;
	__sync_fetch_and_add(&usdt0_called, 1);
	usdt0_cookie = bpf_usdt_cookie(ctx);
	usdt0_arg_cnt = bpf_usdt_arg_cnt(ctx);
	usdt0_arg_ret = bpf_usdt_arg(ctx, 0, &value);
	return 0;
}

int usdt3_called = 0;
__u64 usdt3_cookie = 0;
int usdt3_arg_cnt = 0;
int usdt3_arg_rets[3];
__u64 usdt3_args[3];

SEC("usdt")
int usdt3(struct pt_regs *ctx)
{
	long value;

	if (!is_ours())
		return 0;
	__sync_fetch_and_add(&usdt3_called, 1);
	usdt3_cookie = bpf_usdt_cookie(ctx);
	usdt3_arg_cnt = bpf_usdt_arg_cnt(ctx);
	usdt3_arg_rets[0] = bpf_usdt_arg(ctx, 0, &value);
	usdt3_args[0] = (int)value;
	usdt3_arg_rets[1] = bpf_usdt_arg(ctx, 1, &value);
	usdt3_args[1] = (long)value;
	usdt3_arg_rets[2] = bpf_usdt_arg(ctx, 2, &value);
	usdt3_args[2] = (__u64)value;
	return 0;
}

int usdt12_called = 0;
int usdt12_arg_cnt = 0;
__s64 usdt12_args[12];

SEC("usdt")
int BPF_USDT(usdt12, int a1, int a2, long a3, long a4, unsigned a5, long a6, __u64 a7, __u64 a8,
	     int a9, short a10, short a11, signed char a12)
{
	if (!is_ours())
		return 0;
	__sync_fetch_and_add(&usdt12_called, 1);
	usdt12_arg_cnt = bpf_usdt_arg_cnt(ctx);
	usdt12_args[0] = a1;
	usdt12_args[1] = a2;
	usdt12_args[2] = a3;
	usdt12_args[3] = a4;
	usdt12_args[4] = a5;
	usdt12_args[5] = a6;
	usdt12_args[6] = a7;
	usdt12_args[7] = a8;
	usdt12_args[8] = a9;
	usdt12_args[9] = a10;
	usdt12_args[10] = a11;
	usdt12_args[11] = a12;
	return 0;
}

int many_called = 0;
__u64 many_sum = 0;

SEC("usdt")
int BPF_USDT(usdt_many, int x)
{
	if (!is_ours())
		return 0;
	__sync_fetch_and_add(&many_called, 1);
	__sync_fetch_and_add(&many_sum, x);
	return 0;
}

char _license[] SEC("license") = "GPL";
