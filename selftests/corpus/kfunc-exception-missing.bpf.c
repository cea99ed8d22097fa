/* The callback that the tag names is not there. */
#include "corpus.h"

SEC("tc")
__attribute__((btf_decl_tag("exception_callback:nobody"))) int thrower(struct __sk_buff *skb)
{
	return 0;
}

GPL;
