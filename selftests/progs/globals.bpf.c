// SPDX-License-Identifier: GPL-2.0
// Global data of every shape, and how many system calls a thread makes.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define SYS_getpgid 121

struct spot {
	__s32 x;
	__u16 low : 3, high : 13;
	__u8 tag[2];
	__u64 weight;
};

int thread = 0;
long syscalls = 0;

int tgid = 0;
__u64 hits = 0;
__s32 balance = 0;
__u8 small = 0;

__s8 i8 = 0;
__u8 u8v = 0;
__s16 i16 = 0;
__u16 u16v = 0;
__s32 i32 = 0;
__u32 u32v = 0;
__s64 i64 = 0;
__u64 u64v = 0;
bool truth = false;
char text[12] = {};
struct spot here = {};
struct spot spots[4] = {};
__u32 grid[2][3] = {};
__u64 wide[3] = {};

__u32 counted SEC(".data.custom") = 5;
const volatile __u32 limit SEC(".rodata.custom") = 6;
const volatile __u64 threshold = 10;
const volatile __u32 table[4] = { 1, 2, 3, 4 };
__u64 seen_threshold = 0;
__u32 seen_limit = 0;
__u32 seen_table = 0;

extern int LINUX_KERNEL_VERSION __kconfig;
int version = 0;

SEC("raw_tp/sys_enter")
int on_syscall(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 id = bpf_get_current_pid_tgid();

	if ((int)id == thread)
		syscalls++;
	if (ctx->args[1] != SYS_getpgid || (int)(id >> 32) != tgid)
		return 0;
	__sync_fetch_and_add(&hits, 1);
	__sync_fetch_and_add(&balance, 2);
	counted += 1;
	seen_threshold = threshold;
	seen_limit = limit;
	seen_table = table[2];
	here.x += 1;
	here.high = 77;
	spots[2].weight += 5;
	grid[1][2] = 9;
	version = LINUX_KERNEL_VERSION;
	return 0;
}

char _license[] SEC("license") = "GPL";
