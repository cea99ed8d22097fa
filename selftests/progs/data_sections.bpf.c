// SPDX-License-Identifier: GPL-2.0
// Variables arranged so that natural and forced padding lie between them, in every kind of section.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct packed_pair {
	int a;
	long long b;
} __attribute__((packed));

enum color { RED, GREEN = 5, BLUE = -1 };

// Naturally padded: 4 bytes before the long long.
int in1 = 0x11111111;
long long in2 = 0x2222222222222222LL;
char in3 = 0x33;
// Forced: alignment far above the type's own.
long long in4 __attribute__((aligned(64))) = 0x4444444444444444LL;
struct packed_pair in5 = { 0x55555555, 0x6666666666666666LL };
char after_packed = 0x77;
unsigned short small[3] = { 1, 2, 3 };
enum color shade = GREEN;
bool flag = true;
double ratio = 1.5;
char name[10] = "padding";
struct {
	unsigned low : 3;
	int middle : 7;
	unsigned high : 22;
} bits = { 5, -3, 99 };
union {
	unsigned whole;
	unsigned char bytes[4];
} both = { .whole = 0x04030201 };
struct packed_pair pairs[2] = { { 1, 2 }, { 3, 4 } };
unsigned __int128 wide = ((unsigned __int128)1 << 64) + 2;

int zero1;
struct packed_pair zero2;

const volatile int constant = -7;
const volatile char label[4] = "abc";

int custom SEC(".data.custom") = 9;


static __u64 keep;

SEC("raw_tp/sys_enter")
int touch(void *ctx)
{
	static int calls; // not for others to see

	keep += ++calls;
	return constant + label[0] + in1;
}

char _license[] SEC("license") = "GPL";
