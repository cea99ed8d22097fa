/* Strong and missing: refused before any program is loaded. */
#include "corpus.h"

extern int bpf_kfunc_of_the_future(int a) __ksym;

SEC("tp_btf/sched_switch")
int BPF_PROG(call, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	return bpf_kfunc_of_the_future(1);
}

GPL;
