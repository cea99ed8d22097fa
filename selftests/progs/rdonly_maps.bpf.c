// SPDX-License-Identifier: GPL-2.0
// Loops that verify only because the verifier knows the constants of the frozen .rodata.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

const struct {
	unsigned int a[4];
	// An object of 16 bytes would be put into .rodata.cst16.
	char more;
} rdonly_values = { .a = { 2, 3, 4, 5 } };

struct {
	unsigned int did_run;
	unsigned int iters;
	unsigned int sum;
} res = {};

int tgid = 0;

#define ENTER() \
	if (tgid != (int)(bpf_get_current_pid_tgid() >> 32)) \
		return 0

SEC("raw_tracepoint/sys_enter:skip_loop")
int skip_loop(struct pt_regs *ctx)
{
	// Read anew each time, so that the compiler cannot work the loop out itself.
	unsigned int *volatile p = (void *)&rdonly_values.a;
	unsigned int iters = 0, sum = 0;

	ENTER();
	// Never entered: the first value is even.
	while (*p & 1) {
		iters++;
		sum += *p;
		p++;
	}
	res.did_run = 1;
	res.iters = iters;
	res.sum = sum;
	return 0;
}

SEC("raw_tracepoint/sys_enter:part_loop")
int part_loop(struct pt_regs *ctx)
{
	unsigned int *volatile p = (void *)&rdonly_values.a;
	unsigned int iters = 0, sum = 0;

	ENTER();
	// Ends at the last value.
	while (*p < 5) {
		iters++;
		sum += *p;
		p++;
	}
	res.did_run = 1;
	res.iters = iters;
	res.sum = sum;
	return 0;
}

SEC("raw_tracepoint/sys_enter:full_loop")
int full_loop(struct pt_regs *ctx)
{
	unsigned int *volatile p = (void *)&rdonly_values.a;
	int i = sizeof(rdonly_values.a) / sizeof(rdonly_values.a[0]);
	unsigned int iters = 0, sum = 0;

	ENTER();
	while (i > 0) {
		iters++;
		sum += *p;
		p++;
		i--;
	}
	res.did_run = 1;
	res.iters = iters;
	res.sum = sum;
	return 0;
}

char _license[] SEC("license") = "GPL";
