#include "corpus.h"

extern bool CONFIG_NOT_A_CONFIG_AT_ALL __kconfig;

SEC("raw_tp/sys_enter")
int use_it(void *ctx)
{
	return CONFIG_NOT_A_CONFIG_AT_ALL;
}

GPL;
