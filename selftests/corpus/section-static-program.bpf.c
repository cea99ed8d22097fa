/* Programs are global. */
#include "corpus.h"

SEC("raw_tp/sys_enter")
__attribute__((used)) static int hidden_away(void *ctx)
{
	return 0;
}

GPL;
