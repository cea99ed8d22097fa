#include "corpus.h"

SEC("socket")
int fine(struct __sk_buff *skb)
{
	return bpf_ktime_get_ns() & 1;
}

LICENSE("Dual BSD/GPL");
