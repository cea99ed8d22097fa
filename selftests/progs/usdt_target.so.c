// USDT probes: without arguments, with three at two places, with twelve, at a hundred places, and one behind a semaphore.
#include "sdt-note.h"

unsigned short target_sema_semaphore __attribute__((section(".probes"), used, visibility("hidden"))) = 0;

static __attribute__((always_inline)) inline void probe3(int x, long y, void *z)
{
	SDT_NOTE(test, usdt3, "0", "-4@%0 -8@%1 8@%2", "nor"(x), "nor"(y), "nor"(z));
}

void target_usdt0(void)
{
	SDT_NOTE(test, usdt0, "0", "", "i"(0));
}

// The probe is there twice, with its arguments at different places.
void target_usdt3(int x, long y, void *z)
{
	probe3(x, y, z);
}

void target_usdt3_constant(void *z)
{
	probe3(2, 42, z);
}

void target_usdt12(int x, long y)
{
	unsigned u = 0xffffffffu;
	unsigned long long big = 0xfedcba9876543210ull;
	short s = -5;
	signed char c = -9;
	short indexed[4] = {11, 12, 13, (short)x};
	short *volatile escaped = indexed;

	SDT_NOTE(test, usdt12, "0",
		 "-4@%0 -4@%1 -8@%2 -8@%3 4@%4 -8@%5 8@%6 8@%7 -4@%8 -2@%9 -2@%10 -1@%11", "nor"(x),
		 "nor"(x + 1), "nor"(y), "nor"(y + 1), "r"(u), "i"(-7L), "r"(big), "i"(0x123456789ll),
		 "i"(-9), "m"(s), "m"(escaped[1]), "m"(c));
}

#define MANY_1(n) SDT_NOTE(test, many, "0", "-4@%0", "nor"(start + n));
#define MANY_10(n) MANY_1(n) MANY_1(n + 1) MANY_1(n + 2) MANY_1(n + 3) MANY_1(n + 4) \
	MANY_1(n + 5) MANY_1(n + 6) MANY_1(n + 7) MANY_1(n + 8) MANY_1(n + 9)
#define MANY_100 MANY_10(0) MANY_10(10) MANY_10(20) MANY_10(30) MANY_10(40) \
	MANY_10(50) MANY_10(60) MANY_10(70) MANY_10(80) MANY_10(90)

void target_many(int start)
{
	MANY_100
}

// Three hundred places whose arguments all differ: more than the map of usdt.bpf.h has room for.
#define UNLIKE_1(n) SDT_NOTE(test, unlike, "0", "-4@%0", "i"(__COUNTER__));
#define UNLIKE_10(n) UNLIKE_1(n) UNLIKE_1(n) UNLIKE_1(n) UNLIKE_1(n) UNLIKE_1(n) \
	UNLIKE_1(n) UNLIKE_1(n) UNLIKE_1(n) UNLIKE_1(n) UNLIKE_1(n)
#define UNLIKE_100 UNLIKE_10(0) UNLIKE_10(0) UNLIKE_10(0) UNLIKE_10(0) UNLIKE_10(0) \
	UNLIKE_10(0) UNLIKE_10(0) UNLIKE_10(0) UNLIKE_10(0) UNLIKE_10(0)

void target_unlike(void)
{
	UNLIKE_100
	UNLIKE_100
	UNLIKE_100
}

int target_sema(int x)
{
	if (*(volatile unsigned short *)&target_sema_semaphore == 0)
		return 0;
	SDT_NOTE(test, sema, "target_sema_semaphore", "-4@%0", "nor"(x));
	return 1;
}
