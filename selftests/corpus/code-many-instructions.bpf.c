/* 6,000 instructions in one program. */
#include "corpus.h"

#define X1 value = value * 3 + bpf_get_prandom_u32();
#define X10 X1 X1 X1 X1 X1 X1 X1 X1 X1 X1
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10
#define X1000 X100 X100 X100 X100 X100 X100 X100 X100 X100 X100

SEC("raw_tp/sys_enter")
int long_one(void *ctx)
{
	unsigned long value = 1;

	X1000 X1000
	return value;
}

GPL;
