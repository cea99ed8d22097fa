/* Whether a function is there is asked by its address. */
#include "corpus.h"

extern void bpf_rcu_read_lock(void) __ksym __weak;
extern void bpf_rcu_read_unlock(void) __ksym __weak;
extern int bpf_kfunc_of_the_future(int a) __ksym __weak;

SEC("tp_btf/sched_switch")
int BPF_PROG(locked, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	if (bpf_rcu_read_lock && bpf_rcu_read_unlock) {
		bpf_rcu_read_lock();
		bpf_rcu_read_unlock();
	}
	if (bpf_kfunc_of_the_future)
		return bpf_kfunc_of_the_future(1);
	return 0;
}

GPL;
