#include "corpus.h"

SEC("perf_event")
int sample(struct bpf_perf_event_data *ctx)
{
	return ctx->sample_period > 1000;
}

GPL;
