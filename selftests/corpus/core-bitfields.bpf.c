/* Bit-fields by probe and by direct read: sizes, shifts and signs. */
#include "corpus.h"

unsigned long out;

SEC("raw_tp/sys_enter")
int probed(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	out = BPF_CORE_READ_BITFIELD_PROBED(task, sched_reset_on_fork);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(direct, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	out = BPF_CORE_READ_BITFIELD(next, in_execve);
	return 0;
}

GPL;
