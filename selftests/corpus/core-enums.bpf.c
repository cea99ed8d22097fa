/* Values of enumerators, present and absent. */
#include "corpus.h"

enum bpf_map_type___mine {
	BPF_MAP_TYPE_HASH___mine = 77,
	BPF_MAP_TYPE_OF_THE_FUTURE = 88,
};

int out;

SEC("raw_tp/sys_enter")
int values(void *ctx)
{
	out = bpf_core_enum_value(enum bpf_map_type, BPF_MAP_TYPE_ARRAY);
	if (bpf_core_enum_value_exists(enum bpf_map_type___mine, BPF_MAP_TYPE_HASH___mine))
		out += bpf_core_enum_value(enum bpf_map_type___mine, BPF_MAP_TYPE_HASH___mine);
	if (bpf_core_enum_value_exists(enum bpf_map_type___mine, BPF_MAP_TYPE_OF_THE_FUTURE))
		out += bpf_core_enum_value(enum bpf_map_type___mine, BPF_MAP_TYPE_OF_THE_FUTURE);
	return 0;
}

GPL;
