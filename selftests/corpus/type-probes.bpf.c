/* Everything that is of type kprobe or tracepoint to the kernel, whatever the section adds. */
#include "corpus.h"

SEC("kprobe/do_nothing_at_all")
int on_kprobe(struct pt_regs *ctx)
{
	return 0;
}

SEC("kretprobe")
int on_kretprobe(struct pt_regs *ctx)
{
	return 0;
}

SEC("uprobe//bin/true:main+0x10")
int on_uprobe(struct pt_regs *ctx)
{
	return 0;
}

SEC("uretprobe")
int on_uretprobe(struct pt_regs *ctx)
{
	return 0;
}

SEC("ksyscall/nanosleep")
int on_ksyscall(struct pt_regs *ctx)
{
	return 0;
}

SEC("usdt//bin/true:group:name")
int on_usdt(struct pt_regs *ctx)
{
	return 0;
}

SEC("tp/sched/sched_switch")
int on_tp(void *ctx)
{
	return 0;
}

SEC("tracepoint")
int on_tracepoint(void *ctx)
{
	return 0;
}

SEC("raw_tp/sys_enter")
int on_raw_tp(struct bpf_raw_tracepoint_args *ctx)
{
	return (int)ctx->args[1];
}

SEC("raw_tracepoint.w/bpf_test_finish")
int on_writable(struct bpf_raw_tracepoint_args *ctx)
{
	return 0;
}

GPL;
