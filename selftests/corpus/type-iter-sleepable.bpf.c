/* iter.s, 5.18 */
#include "corpus.h"

SEC("iter.s/task")
int dump_task(struct bpf_iter__task *ctx)
{
	return 0;
}

GPL;
