/* Classifiers and actions under their old names. */
#include "corpus.h"

SEC("tc")
int tc_plain(struct __sk_buff *skb)
{
	return 0;
}

SEC("classifier")
int tc_old(struct __sk_buff *skb)
{
	return skb->protocol;
}

SEC("action")
int tc_action(struct __sk_buff *skb)
{
	return 0;
}

GPL;
