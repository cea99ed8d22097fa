/*
 * 6.19: a jump through a table in .jumptables, as LLVM 22 compiles a switch with -mcpu=v4; once in the program itself, behind another
 * one in the same section, and once in a function that it calls. Written in assembly: older compilers know neither table nor jump.
 */
#include "corpus.h"

/* gotox r0 */
#define GOTOX_R0 ".8byte 0x000000000000000d\n"

SEC("raw_tp/sys_enter")
int first(void *ctx)
{
	return 0;
}

/* Adds 10, 20 or 30 by a table of its own. */
static __attribute__((naked, noinline)) long add(long index)
{
	asm volatile(
		".pushsection .jumptables,\"\",@progbits\n"
		"add_table:\n"
		".quad add_0 - .text\n"
		".quad add_1 - .text\n"
		".quad add_2 - .text\n"
		".size add_table, 24\n"
		".global add_table\n"
		".popsection\n"
		"r0 = add_table ll\n"
		"if r1 > 2 goto add_2\n"
		"r1 <<= 3\n"
		"r0 += r1\n"
		"r0 = *(u64 *)(r0 + 0)\n"
		GOTOX_R0
		"add_0: r0 = 10\n"
		"exit\n"
		"add_1: r0 = 20\n"
		"exit\n"
		"add_2: r0 = 30\n"
		"exit\n" ::: "r0", "r1");
}

SEC("raw_tp/sys_enter")
__attribute__((naked)) int jump(void *ctx)
{
	asm volatile(
		".pushsection .jumptables,\"\",@progbits\n"
		"jump_table:\n"
		".quad jump_0 - \"raw_tp/sys_enter\"\n"
		".quad jump_1 - \"raw_tp/sys_enter\"\n"
		".size jump_table, 16\n"
		".global jump_table\n"
		".popsection\n"
		"r1 = *(u64 *)(r1 + 0)\n"
		"call %[add]\n"
		"r6 = r0\n"
		"r0 = jump_table ll\n"
		"if r6 s< 20 goto low\n"
		"r0 += 8\n"
		"low: r0 = *(u64 *)(r0 + 0)\n"
		GOTOX_R0
		"jump_0: r0 = r6\n"
		"exit\n"
		"jump_1: r0 = r6\n"
		"r0 += 1\n"
		"exit\n" :: [add] "i"(add) : "r0", "r1", "r6");
}

GPL;
