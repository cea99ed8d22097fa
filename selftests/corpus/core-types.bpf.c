/* Types: existence, size, ids. */
#include "corpus.h"

typedef int not_a_kernel_typedef;

long out;

SEC("raw_tp/sys_enter")
int types(void *ctx)
{
	out += bpf_core_type_exists(struct task_struct);
	out += bpf_core_type_exists(not_a_kernel_typedef);
	out += bpf_core_type_size(struct list_head);
	out += bpf_core_type_id_local(struct list_head);
	out += bpf_core_type_id_kernel(struct list_head);
	out += bpf_core_type_matches(struct list_head);
	return 0;
}

GPL;
