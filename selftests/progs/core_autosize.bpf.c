// SPDX-License-Identifier: GPL-2.0
// Fields that are narrower in the target than here: loads and stores follow. The target is not a kernel but the test's own BTF.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct test_struct___samesize {
	void *ptr;
	unsigned long long val1;
	unsigned int val2;
	unsigned short val3;
	unsigned char val4;
} __attribute__((preserve_access_index));

struct test_struct___downsize {
	void *ptr;
	unsigned long val1;
	unsigned long val2;
	unsigned long val3;
	unsigned long val4;
} __attribute__((preserve_access_index));

struct test_struct___signed {
	void *ptr;
	long val1;
	long val2;
	long val3;
	long val4;
} __attribute__((preserve_access_index));

/* As the target lays it out: 32-bit pointer, then val2, val1, val3, val4. */
struct real {
	unsigned int ptr;
	unsigned int val2;
	unsigned long long val1;
	unsigned short val3;
	unsigned char val4;
	unsigned char pad;
} __attribute__((packed));

struct real input = {
	.ptr = 0x01020304,
	.val1 = 0x1020304050607080,
	.val2 = 0x0a0b0c0d,
	.val3 = 0xfeed,
	.val4 = 0xb9,
	.pad = 0xff,
};

unsigned long long ptr_samesized = 0;
unsigned long long val1_samesized = 0;
unsigned long long val2_samesized = 0;
unsigned long long val3_samesized = 0;
unsigned long long val4_samesized = 0;
struct real output_samesized = {};

unsigned long long ptr_downsized = 0;
unsigned long long val1_downsized = 0;
unsigned long long val2_downsized = 0;
unsigned long long val3_downsized = 0;
unsigned long long val4_downsized = 0;
struct real output_downsized = {};

SEC("raw_tp/sys_exit")
int handle_samesize(void *ctx)
{
	struct test_struct___samesize *in = (void *)&input;
	struct test_struct___samesize *out = (void *)&output_samesized;

	ptr_samesized = (unsigned long long)in->ptr;
	val1_samesized = in->val1;
	val2_samesized = in->val2;
	val3_samesized = in->val3;
	val4_samesized = in->val4;
	out->ptr = in->ptr;
	out->val1 = in->val1;
	out->val2 = in->val2;
	out->val3 = in->val3;
	out->val4 = in->val4;
	return 0;
}

SEC("raw_tp/sys_exit")
int handle_downsize(void *ctx)
{
	struct test_struct___downsize *in = (void *)&input;
	struct test_struct___downsize *out = (void *)&output_downsized;

	ptr_downsized = (unsigned long long)in->ptr;
	val1_downsized = in->val1;
	val2_downsized = in->val2;
	val3_downsized = in->val3;
	val4_downsized = in->val4;
	out->ptr = in->ptr;
	out->val1 = in->val1;
	out->val2 = in->val2;
	out->val3 = in->val3;
	out->val4 = in->val4;
	return 0;
}

SEC("raw_tp/sys_enter")
int handle_signed(void *ctx)
{
	struct test_struct___signed *in = (void *)&input;

	val2_downsized = in->val2;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
