/* Nobody asked first: the verifier gets there. */
#include "corpus.h"

struct task_struct___future {
	int field_of_the_year_2525;
} __attribute__((preserve_access_index));

SEC("raw_tp/sys_enter")
int unguarded(void *ctx)
{
	struct task_struct___future *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, field_of_the_year_2525);
}

GPL;
