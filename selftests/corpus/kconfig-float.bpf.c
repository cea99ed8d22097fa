/* No configuration value is a float. */
#include "corpus.h"

extern float CONFIG_HZ __kconfig __weak;

SEC("raw_tp/sys_enter")
int ask(void *ctx)
{
	return &CONFIG_HZ != 0;
}

GPL;
