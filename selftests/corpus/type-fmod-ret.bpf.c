/* Only functions that allow it. */
#include "corpus.h"

SEC("fmod_ret/bpf_modify_return_test")
int BPF_PROG(on_return, int a, int *b, int ret)
{
	return ret;
}

GPL;
