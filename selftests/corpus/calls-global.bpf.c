/* Global functions are verified on their own. */
#include "corpus.h"

__attribute__((noinline)) int square(int a)
{
	return a * a;
}

__attribute__((noinline)) int sum(int a, int b)
{
	return square(a) + square(b);
}

__weak __attribute__((noinline)) int replaceable(int a)
{
	return a;
}

SEC("raw_tp/sys_enter")
int call(void *ctx)
{
	return sum(bpf_get_prandom_u32() & 0xff, 3) + replaceable(1);
}

SEC("tc")
int call_too(struct __sk_buff *skb)
{
	return sum(skb->len & 0xff, 4);
}

GPL;
