/* Offsets, sizes and existence of fields; direct and probe reads. */
#include "corpus.h"

struct task_struct___flavour {
	int pid;
	int tgid;
	struct task_struct___flavour *group_leader;
} __attribute__((preserve_access_index));

int out;

SEC("tp_btf/sched_switch")
int BPF_PROG(direct, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	out = next->group_leader->tgid + next->comm[2];
	return 0;
}

SEC("raw_tp/sys_enter")
int probed(void *ctx)
{
	struct task_struct___flavour *task = (void *)bpf_get_current_task();

	out = BPF_CORE_READ(task, group_leader, pid);
	if (bpf_core_field_exists(task->tgid))
		out += bpf_core_field_size(task->tgid) + bpf_core_field_offset(task->tgid);
	return 0;
}

GPL;
