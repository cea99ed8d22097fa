/* A global function gets a pointer to memory; what it points to must be checked for NULL. */
#include "corpus.h"

struct pair {
	int a, b;
};

__attribute__((noinline)) int add(struct pair *pair)
{
	if (!pair)
		return 0;
	return pair->a + pair->b;
}

SEC("tc")
int call(struct __sk_buff *skb)
{
	struct pair pair = {skb->len, 2};

	return add(&pair);
}

GPL;
