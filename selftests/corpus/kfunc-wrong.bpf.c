/* Declared with other arguments than it has. */
#include "corpus.h"

extern void bpf_rcu_read_lock(int a, int b) __ksym;

SEC("tp_btf/sched_switch")
int BPF_PROG(call, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	bpf_rcu_read_lock(1, 2);
	return 0;
}

GPL;
