/* 6.6: an instruction of -mcpu=v4, r0 = *(s8 *)(r10 - 8), which older compilers do not know. */
#include "corpus.h"

SEC("raw_tp/sys_enter")
__attribute__((naked)) int extend(void *ctx)
{
	asm volatile(
		"r1 = -1\n"
		"*(u64 *)(r10 - 8) = r1\n"
		".8byte 0x00000000fff8a091\n"
		"exit\n" ::: "r0", "r1");
}

GPL;
