/* String literals and constants land in sections without BTF: .rodata.str1.1, .rodata.cst16. */
#include "corpus.h"

SEC("raw_tp/sys_enter")
int print(void *ctx)
{
	int values[4] = {1, 2, 3, 4};

	bpf_printk("%s %d", "literal", values[bpf_get_prandom_u32() & 3]);
	return 0;
}

GPL;
