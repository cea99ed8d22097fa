/* bpf_probe_read_kernel is for GPL programs only. */
#include "corpus.h"

SEC("raw_tp/sys_enter")
int refused(void *ctx)
{
	long value = 0;

	bpf_probe_read_kernel(&value, sizeof(value), ctx);
	return value;
}
