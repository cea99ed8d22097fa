/* Elements of arrays, anonymous members, pointers to pointers. */
#include "corpus.h"

int out;

SEC("raw_tp/sys_enter")
int arrays(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct sk_buff *skb = (void *)task;

	out = BPF_CORE_READ(task, comm[5]);
	out += BPF_CORE_READ(task, cpus_mask.bits[0]);
	out += BPF_CORE_READ(skb, next, prev, len);
	out += BPF_CORE_READ(skb, network_header);
	return 0;
}

GPL;
