/* Refused: a stack slot is read before it is written. */
#include "corpus.h"

SEC("socket")
int uninitialised(struct __sk_buff *skb)
{
	volatile char bytes[300];

	bytes[0] = 1;
	return bytes[skb->len];
}

GPL;
