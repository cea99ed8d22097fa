// SPDX-License-Identifier: GPL-2.0
// Global variables of every kind of section, copied from in* to out* by the program.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct pair {
	int a;
	long long b;
} __attribute__((packed));

int in1 = -1;
long long in2 = -1;
char in3 = '\0';
long long in4 __attribute__((aligned(64))) = 0;
struct pair in5 = {};

const volatile struct {
	const int in6;
} in = {};

int out1 = -1;
long long out2 = -1;
char out3 = 0;
long long out4 = 0;
struct pair out5 = {};
int out6 = 0;

const volatile int in_dynarr_sz SEC(".rodata.dyn") = 0;
const volatile int in_dynarr[4] SEC(".rodata.dyn") = { -1, -2, -3, -4 };
int out_dynarr[4] SEC(".data.dyn") = { 1, 2, 3, 4 };

int read_mostly_var __attribute__((section(".data.read_mostly")));
int out_mostly_var;

char text[16] = "before";
int calls = 0;
int tgid = 0;

// Nothing in this section is for others to see, so nobody maps it.
__hidden int hidden_key SEC(".data.non_mmapable");
static struct pair static_value SEC(".data.non_mmapable");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, struct pair);
} my_map SEC(".maps");

SEC("raw_tp/sys_enter")
int handler(const void *ctx)
{
	int i;

	if (tgid != (int)(bpf_get_current_pid_tgid() >> 32))
		return 0;
	out1 = in1;
	out2 = in2;
	out3 = in3;
	out4 = in4;
	out5 = in5;
	out6 = in.in6;
	for (i = 0; i < in_dynarr_sz && i < 4; i++)
		out_dynarr[i] = in_dynarr[i];
	out_mostly_var = read_mostly_var;
	bpf_map_update_elem(&my_map, &hidden_key, &static_value, 0);
	text[0] = 'B';
	__sync_fetch_and_add(&calls, 1);
	return 0;
}

char _license[] SEC("license") = "GPL";
