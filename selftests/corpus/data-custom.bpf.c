/* Sections with names of their own, 15 characters and more. */
#include "corpus.h"

int one SEC(".data.one") = 1;
int two SEC(".data.with_a_very_long_name_indeed") = 2;
const volatile int three SEC(".rodata.three") = 3;
int four SEC(".bss.four");
int five SEC(".data.odd-name") = 5;

SEC("raw_tp/sys_enter")
int use_them(void *ctx)
{
	one += three;
	two += one;
	four += two;
	five++;
	return 0;
}

GPL;
