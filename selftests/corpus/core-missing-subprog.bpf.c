/* The same inside a subprogram. */
#include "corpus.h"

struct task_struct___future {
	int field_of_the_year_2525;
} __attribute__((preserve_access_index));

static __attribute__((noinline)) int read_it(void *task)
{
	return BPF_CORE_READ((struct task_struct___future *)task, field_of_the_year_2525);
}

SEC("raw_tp/sys_enter")
int unguarded(void *ctx)
{
	return read_it((void *)bpf_get_current_task());
}

GPL;
