// SPDX-License-Identifier: GPL-2.0
// Reads what connect(2) was given, and overwrites it in the caller's memory.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

struct sockaddr_in old = {};
int test_tgid = 0;
int calls = 0;

SEC("ksyscall/connect")
int BPF_KSYSCALL(on_connect, int fd, struct sockaddr *address, int length)
{
	struct sockaddr_in written;

	if (!test_tgid || test_tgid != (int)(bpf_get_current_pid_tgid() >> 32))
		return 0;
	calls++;
	bpf_probe_read_user(&old, sizeof(old), address);
	__builtin_memset(&written, 0xab, sizeof(written));
	bpf_probe_write_user(address, &written, sizeof(written));
	return 0;
}

char _license[] SEC("license") = "GPL";
