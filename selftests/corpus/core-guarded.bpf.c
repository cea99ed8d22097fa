/* What the kernel does not have is asked for first: the access is in dead code. */
#include "corpus.h"

struct task_struct___future {
	int field_of_the_year_2525;
	struct {
		long deep;
	} nested_future;
} __attribute__((preserve_access_index));

struct no_such_struct_anywhere {
	int x;
} __attribute__((preserve_access_index));

int out;

SEC("raw_tp/sys_enter")
int guarded(void *ctx)
{
	struct task_struct___future *task = (void *)bpf_get_current_task();
	struct no_such_struct_anywhere *nothing = (void *)task;

	if (bpf_core_field_exists(task->field_of_the_year_2525))
		out = BPF_CORE_READ(task, field_of_the_year_2525);
	if (bpf_core_field_exists(task->nested_future.deep))
		out = BPF_CORE_READ(task, nested_future.deep);
	if (bpf_core_type_exists(struct no_such_struct_anywhere))
		out = BPF_CORE_READ(nothing, x);
	return bpf_core_type_size(struct no_such_struct_anywhere);
}

GPL;
