#include "corpus.h"

SEC("lsm.s/bprm_committed_creds")
void BPF_PROG(on_exec, struct linux_binprm *bprm)
{
	bpf_ima_inode_hash(bprm->file->f_inode, (void *)0, 0);
}

GPL;
