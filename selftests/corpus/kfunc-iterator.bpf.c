/* Open-coded iterators, 6.4. */
#include "corpus.h"

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym __weak;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym __weak;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym __weak;

SEC("raw_tp/sys_enter")
int loop(void *ctx)
{
	struct bpf_iter_num it;
	int sum = 0;
	int *value;

	bpf_iter_num_new(&it, 0, 10);
	while ((value = bpf_iter_num_next(&it)))
		sum += *value;
	bpf_iter_num_destroy(&it);
	return sum;
}

GPL;
