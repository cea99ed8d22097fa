/* The part after ___ is for the compiler. */
#include "corpus.h"

extern void bpf_rcu_read_lock___old(void) __ksym __weak;
extern void bpf_rcu_read_unlock___old(void) __ksym __weak;

SEC("tp_btf/sched_switch")
int BPF_PROG(call, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	if (bpf_rcu_read_lock___old && bpf_rcu_read_unlock___old) {
		bpf_rcu_read_lock___old();
		bpf_rcu_read_unlock___old();
	}
	return 0;
}

GPL;
