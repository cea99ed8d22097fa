#include "corpus.h"

extern int LINUX_SOMETHING_UNHEARD_OF __kconfig;

SEC("raw_tp/sys_enter")
int use_it(void *ctx)
{
	return LINUX_SOMETHING_UNHEARD_OF;
}

GPL;
