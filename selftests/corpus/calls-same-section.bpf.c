/* A program calls another program of its own section. */
#include "corpus.h"

SEC("tc")
__attribute__((noinline)) int callee(struct __sk_buff *skb)
{
	return skb->len;
}

SEC("tc")
int caller(struct __sk_buff *skb)
{
	return callee(skb) + 1;
}

GPL;
