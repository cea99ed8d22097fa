/* Variables of the kernel by BTF: only per-CPU ones are there. */
#include "corpus.h"

extern const struct rq runqueues __ksym;
extern const int no_such_symbol_in_any_kernel __ksym __weak;

int out;

SEC("raw_tp/sys_enter")
int use_them(void *ctx)
{
	struct rq *rq = bpf_per_cpu_ptr(&runqueues, 0);

	if (rq)
		out = rq->nr_running;
	rq = bpf_this_cpu_ptr(&runqueues);
	out += rq->nr_running;
	if (&no_such_symbol_in_any_kernel)
		out = *(volatile int *)0;
	return 0;
}

GPL;
