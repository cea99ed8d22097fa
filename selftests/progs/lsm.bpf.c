// SPDX-License-Identifier: GPL-2.0
// LSM hooks: mprotect is refused while asked for, and every call counted.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

int tgid = 0;
int calls = 0;
int refuse = 0;

SEC("lsm/file_mprotect")
int BPF_PROG(on_mprotect, struct vm_area_struct *vma, unsigned long reqprot, unsigned long prot, int ret)
{
	if (ret != 0 || tgid != (int)(bpf_get_current_pid_tgid() >> 32))
		return ret;
	__sync_fetch_and_add(&calls, 1);
	return refuse ? -1 : 0;
}

char _license[] SEC("license") = "GPL";
