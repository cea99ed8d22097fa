// SPDX-License-Identifier: GPL-2.0
// A program for every section name that says how it is attached, each loaded alone. All count in the same place.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/usdt.bpf.h>

int tgid = 0;
int calls = 0;

static __always_inline int count(void)
{
	if (tgid == (int)(bpf_get_current_pid_tgid() >> 32))
		__sync_fetch_and_add(&calls, 1);
	return 0;
}

#define PROGRAM(name, section)                                                                     \
	SEC("?" section)                                                                           \
	int name(void *ctx)                                                                        \
	{                                                                                          \
		return count();                                                                    \
	}

PROGRAM(kprobe, "kprobe/hrtimer_nanosleep")
PROGRAM(kretprobe, "kretprobe/hrtimer_nanosleep")
PROGRAM(kprobe_multi, "kprobe.multi/hrtimer_nanoslee?")
PROGRAM(kretprobe_multi, "kretprobe.multi/hrtimer_nanosleep")
PROGRAM(kprobe_session, "kprobe.session/hrtimer_nanosleep*")
PROGRAM(ksyscall, "ksyscall/nanosleep")
PROGRAM(kretsyscall, "kretsyscall/nanosleep")

PROGRAM(uprobe, "uprobe/attach_target.so:target_add")
PROGRAM(uretprobe, "uretprobe/attach_target.so:target_add")
PROGRAM(uprobe_s, "uprobe.s/attach_target.so:target_add+0")
PROGRAM(uretprobe_s, "uretprobe.s/attach_target.so:target_add")
PROGRAM(uprobe_multi, "uprobe.multi/attach_target.so:target_ad?")
PROGRAM(uretprobe_multi, "uretprobe.multi/attach_target.so:target_add")
PROGRAM(uprobe_session, "uprobe.session/attach_target.so:target_add")
PROGRAM(uprobe_multi_s, "uprobe.multi.s/attach_target.so:target_add")
PROGRAM(uretprobe_multi_s, "uretprobe.multi.s/attach_target.so:target_ad*")
PROGRAM(uprobe_session_s, "uprobe.session.s/attach_target.so:target_add")
PROGRAM(usdt, "usdt/usdt_target.so:test:usdt0")
PROGRAM(usdt_s, "usdt.s/usdt_target.so:test:usdt0")

PROGRAM(tracepoint, "tracepoint/syscalls/sys_enter_nanosleep")
PROGRAM(tp, "tp/syscalls/sys_exit_nanosleep")
PROGRAM(raw_tracepoint, "raw_tracepoint/sys_enter")
PROGRAM(raw_tp, "raw_tp/sys_exit")
PROGRAM(raw_tracepoint_w, "raw_tracepoint.w/bpf_test_finish")
PROGRAM(raw_tp_w, "raw_tp.w/bpf_test_finish")
PROGRAM(tp_btf, "tp_btf/sys_enter")

PROGRAM(fentry, "fentry/bpf_fentry_test1")
PROGRAM(fexit, "fexit/bpf_fentry_test1")
PROGRAM(fmod_ret, "fmod_ret/bpf_modify_return_test")
PROGRAM(fsession, "fsession/bpf_fentry_test1")
PROGRAM(fentry_s, "fentry.s/bpf_fentry_test1")
PROGRAM(fexit_s, "fexit.s/bpf_fentry_test1")
PROGRAM(fmod_ret_s, "fmod_ret.s/bpf_fentry_test1")
PROGRAM(fsession_s, "fsession.s/bpf_fentry_test1")

PROGRAM(lsm, "lsm/file_mprotect")

/* The only hook that may sleep on 5.10: of a program that the test starts. */
SEC("?lsm.s/bprm_committed_creds")
int lsm_s(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	if (tgid == BPF_CORE_READ(task, real_parent, tgid))
		__sync_fetch_and_add(&calls, 1);
	return 0;
}

PROGRAM(iter, "iter/task")
PROGRAM(iter_s, "iter.s/task")

SEC("?freplace/verdict")
int freplace(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&calls, 1);
	return XDP_DROP;
}

/* What the writable raw tracepoint tells the end of. */
SEC("socket")
int packet(void *ctx)
{
	return 0;
}

char _license[] SEC("license") = "GPL";
