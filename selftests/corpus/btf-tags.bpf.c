/* Declaration and type tags. */
#include "corpus.h"

#define __tagged __attribute__((btf_decl_tag("a tag")))
#define __type_tagged __attribute__((btf_type_tag("a type tag")))

struct tagged {
	int member __tagged;
	int __type_tagged *pointer;
} __tagged;

struct tagged instance __tagged;

__attribute__((noinline)) int function(int a __tagged) __tagged;

int function(int a)
{
	return a + instance.member;
}

SEC("raw_tp/sys_enter")
int call(void *ctx)
{
	instance.member++;
	return function(2);
}

GPL;
