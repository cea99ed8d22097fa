/* Sections whose maps have one name in the kernel: by its 15 characters, and by the characters that it takes. */
#include "corpus.h"

int minus SEC(".data.a-b") = 1;
int underscore SEC(".data.a_b") = 2;
int first SEC(".data.very_long_name_1") = 3;
int second SEC(".data.very_long_name_2") = 4;
int third SEC(".bss.very_long_name_of_bss_1");
int fourth SEC(".bss.very_long_name_of_bss_2");

SEC("raw_tp/sys_enter")
int use_them(void *ctx)
{
	minus += 10;
	underscore += 20;
	first += 30;
	second += 40;
	third += 50;
	fourth += 60;
	return 0;
}

GPL;
