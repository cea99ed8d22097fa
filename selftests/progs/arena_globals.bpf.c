// SPDX-License-Identifier: GPL-2.0
// Global variables in an arena, for compilers that do not know its address space: the casts are instructions of their own.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
	// BPF_MAP_TYPE_ARENA and BPF_F_MMAPABLE, which older headers lack.
	__uint(type, 33);
	__uint(map_flags, 1 << 10);
	__uint(max_entries, 16);
} arena SEC(".maps");

#define __arena_global SEC(".addr_space.1")

__arena_global long long counter = 41;
__arena_global long long numbers[1000] = {1, 2, 3};

// r1 = addr_space_cast(r1, 0, 1)
#define CAST_R1 ".8byte 0x00000001000111bf\n"

SEC("syscall")
__attribute__((naked)) int bump(void *ctx)
{
	asm volatile(
		"r1 = %[counter] ll\n" CAST_R1
		"r0 = *(u64 *)(r1 + 0)\n"
		"r0 += 1\n"
		"*(u64 *)(r1 + 0) = r0\n"
		"r1 = %[numbers] ll\n" CAST_R1
		"r2 = *(u64 *)(r1 + 16)\n"
		"*(u64 *)(r1 + 7992) = r2\n"
		"exit\n" :: [counter] "i"(&counter), [numbers] "i"(&numbers), "i"(&arena)
		: "r0", "r1", "r2");
}

char _license[] SEC("license") = "GPL";
