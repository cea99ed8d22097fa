/* bpf_throw and a callback that nothing calls by name, 6.7. */
#include "corpus.h"

extern void bpf_throw(__u64 cookie) __ksym;

__attribute__((noinline)) int on_exception(__u64 cookie)
{
	return cookie + 1;
}

SEC("tc")
__attribute__((btf_decl_tag("exception_callback:on_exception"))) int thrower(struct __sk_buff *skb)
{
	if (skb->len > 100)
		bpf_throw(7);
	return 0;
}

GPL;
