// SPDX-License-Identifier: GPL-2.0
// Sections that no loader knows; the test teaches it what they are.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

const volatile int my_pid;

bool abc1_called;
bool abc2_called;
bool custom1_called;
bool custom2_called;
bool kprobe1_called;
bool xyz_called;

static bool is_mine(void)
{
	return (int)(bpf_get_current_pid_tgid() >> 32) == my_pid;
}

SEC("abc")
int abc1(void *ctx)
{
	if (is_mine())
		abc1_called = true;
	return 0;
}

SEC("abc/whatever")
int abc2(void *ctx)
{
	if (is_mine())
		abc2_called = true;
	return 0;
}

SEC("custom")
int custom1(void *ctx)
{
	if (is_mine())
		custom1_called = true;
	return 0;
}

SEC("custom/something")
int custom2(void *ctx)
{
	if (is_mine())
		custom2_called = true;
	return 0;
}

SEC("kprobe")
int kprobe1(void *ctx)
{
	if (is_mine())
		kprobe1_called = true;
	return 0;
}

SEC("xyz/blah")
int xyz(void *ctx)
{
	if (is_mine())
		xyz_called = true;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
