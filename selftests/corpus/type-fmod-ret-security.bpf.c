#include "corpus.h"

SEC("fmod_ret/security_file_open")
int BPF_PROG(on_open, struct file *file, int ret)
{
	return 0;
}

GPL;
