/* Functions of the kernel. */
#include "corpus.h"

extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;

int out;

SEC("tp_btf/sched_switch")
int BPF_PROG(locked, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	bpf_rcu_read_lock();
	out = next->real_parent->pid;
	bpf_rcu_read_unlock();
	return 0;
}

GPL;
