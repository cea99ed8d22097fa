/* A tracepoint with typed arguments. */
#include "corpus.h"

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	return next->pid == prev->pid;
}

GPL;
