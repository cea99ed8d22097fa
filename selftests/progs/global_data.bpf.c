// SPDX-License-Identifier: GPL-2.0
// Static variables in every kind of section, some inside functions, read and written by offset.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define RESULTS(name, count, what)                                                                 \
	struct {                                                                                       \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                          \
		__uint(max_entries, count);                                                                \
		__type(key, __u32);                                                                        \
		__type(value, what);                                                                       \
	} name SEC(".maps")

typedef char text_t[32];

struct foo {
	__u8 a;
	__u32 b;
	__u64 c;
};

RESULTS(result_number, 11, __u64);
RESULTS(result_string, 5, text_t);
RESULTS(result_struct, 5, struct foo);

static __u64 num0 = 0;
static __u32 num1 = 42;
static const __u16 num2 = 24;
static __u32 num3 = 0;
static __u32 num4 = 0xffeeff;
static const __u32 num5 = 0xabab;
static const __u64 num6 = 0xab;

static const char str0[32] = "abcdefghijklmnopqrstuvwxyz";
static char str1[32] = "abcdefghijklmnopqrstuvwxyz";
static char str2[32] = "";

static const struct foo struct0 = {.a = 42, .b = 0xfefeefef, .c = 0x1111111111111111ULL};
static struct foo struct1;
static const struct foo struct2;
static struct foo struct3 = {.a = 41, .b = 0xeeeeefef, .c = 0x2111111111111111ULL};

#define keep(map, index, variable)                                                                 \
	do {                                                                                           \
		key = index;                                                                               \
		bpf_map_update_elem(&result_##map, &key, variable, 0);                                     \
	} while (0)

SEC("tc")
int load_static_data(struct __sk_buff *skb)
{
	static const __u64 bar = ~0;
	static __u32 inner = 1234;
	__u32 key;

	keep(number, 0, &num0);
	__u64 wide = num1;
	keep(number, 1, &wide);
	wide = num2;
	keep(number, 2, &wide);
	wide = num3;
	keep(number, 3, &wide);
	wide = num4;
	keep(number, 4, &wide);
	wide = num5;
	keep(number, 5, &wide);
	num4 = inner;
	wide = num4;
	keep(number, 6, &wide);
	wide = num3;
	keep(number, 7, &wide);
	keep(number, 8, &num6);
	keep(number, 9, &struct0.c);
	keep(number, 10, &bar);

	keep(string, 0, str0);
	keep(string, 1, str1);
	keep(string, 2, str2);
	str1[5] = 'x';
	keep(string, 3, str1);
	__builtin_memcpy(&str2[2], "hello", sizeof("hello"));
	keep(string, 4, str2);

	keep(struct, 0, &struct0);
	keep(struct, 1, &struct1);
	keep(struct, 2, &struct2);
	keep(struct, 3, &struct3);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
