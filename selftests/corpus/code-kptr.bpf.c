/* Pointers to kernel objects in maps, 5.19 and 6.x. */
#include "corpus.h"

#define __kptr_tag __attribute__((btf_type_tag("kptr_untrusted")))

struct value {
	struct task_struct __kptr_tag *task;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, int);
	__type(value, struct value);
} keep SEC(".maps");

SEC("tp_btf/sched_switch")
int BPF_PROG(store, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	int key = 0;
	struct value *value = bpf_map_lookup_elem(&keep, &key);

	if (value)
		value->task = next;
	return 0;
}

GPL;
