/* No map uses the program: the kernel has no way to verify it. */
#include "corpus.h"

SEC("struct_ops")
__u32 BPF_PROG(unused, struct sock *sk)
{
	return 1;
}

GPL;
