/* Fields that are wider or narrower than the program thinks. */
#include "corpus.h"

struct task_struct___wide {
	unsigned long long pid;
	unsigned short prio;
} __attribute__((preserve_access_index));

struct list_head___narrow {
	struct list_head___narrow *next;
} __attribute__((preserve_access_index));

struct sched_entity___narrow {
	unsigned int exec_start;
} __attribute__((preserve_access_index));

SEC("tp_btf/sched_switch")
int BPF_PROG(adjust, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct sched_entity___narrow *entity = (void *)&next->se;

	return entity->exec_start;
}

GPL;
