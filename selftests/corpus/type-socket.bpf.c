/* The plainest program there is. */
#include "corpus.h"

SEC("socket")
int drop_all(struct __sk_buff *skb)
{
	return skb->len > 100 ? 0 : 1;
}

GPL;
