/* A hidden function is verified with its caller, as a static one is. */
#include "corpus.h"

__hidden __attribute__((noinline)) int peek(struct __sk_buff *skb, int *out)
{
	*out = skb->len;
	return 0;
}

SEC("tc")
int call(struct __sk_buff *skb)
{
	int length = 0;

	peek(skb, &length);
	return length;
}

GPL;
