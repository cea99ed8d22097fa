// SPDX-License-Identifier: GPL-2.0
// What a module offers: tracepoints, functions to attach to, types. The module is vsock's loopback transport, which sends a packet for
// each connection tried.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* Only in the BTF of modules. */
struct sockaddr_vm___ours {
	unsigned int svm_port;
	unsigned int svm_cid;
} __attribute__((preserve_access_index));
struct vsock_sock___ours {
	struct sockaddr_vm___ours remote_addr;
	long no_such_field;
} __attribute__((preserve_access_index));

unsigned int pid = 0;
unsigned int port_of_tracepoint = 0;
unsigned int port_of_raw_tracepoint = 0;
unsigned int port_of_fentry = 0;
unsigned int port_of_fentry_in_module = 0;
unsigned int port_of_kprobe = 0;
long result_of_fexit = -1;
int has_no_such_field = -1;
int has_vsock_sock = -1;
unsigned int calls_of_multi = 0;
unsigned int calls_of_tracepoint = 0;

static __always_inline bool is_ours(void)
{
	return pid == bpf_get_current_pid_tgid() >> 32;
}

SEC("?tp_btf/virtio_transport_alloc_pkt")
int BPF_PROG(on_tracepoint, __u32 src_cid, __u32 src_port, __u32 dst_cid, __u32 dst_port)
{
	if (is_ours())
		port_of_tracepoint = dst_port;
	return 0;
}

SEC("?raw_tp/virtio_transport_alloc_pkt")
int BPF_PROG(on_raw_tracepoint, __u32 src_cid, __u32 src_port, __u32 dst_cid, __u32 dst_port)
{
	if (is_ours())
		port_of_raw_tracepoint = dst_port;
	return 0;
}

SEC("?tp/vsock/virtio_transport_alloc_pkt")
int on_plain_tracepoint(void *ctx)
{
	if (is_ours())
		calls_of_tracepoint++;
	return 0;
}

SEC("?fentry/virtio_transport_connect")
int BPF_PROG(on_entry, struct vsock_sock___ours *vsock)
{
	if (!is_ours())
		return 0;
	port_of_fentry = vsock->remote_addr.svm_port;
	has_no_such_field = bpf_core_field_exists(vsock->no_such_field);
	has_vsock_sock = bpf_core_type_exists(struct vsock_sock___ours);
	return 0;
}

SEC("?fentry/vmw_vsock_virtio_transport_common:virtio_transport_connect")
int BPF_PROG(on_entry_in_module, struct vsock_sock___ours *vsock)
{
	if (is_ours())
		port_of_fentry_in_module = vsock->remote_addr.svm_port;
	return 0;
}

SEC("?fexit/virtio_transport_connect")
int BPF_PROG(on_exit, struct vsock_sock___ours *vsock, int result)
{
	if (is_ours())
		result_of_fexit = result;
	return 0;
}

SEC("?kprobe/virtio_transport_connect")
int BPF_KPROBE(on_kprobe, struct vsock_sock___ours *vsock)
{
	if (is_ours())
		port_of_kprobe = BPF_CORE_READ(vsock, remote_addr.svm_port);
	return 0;
}

/* The same without types, for kernels whose modules have none. */
unsigned int calls_of_plain_kprobe = 0;

SEC("?kprobe/virtio_transport_connect")
int on_plain_kprobe(void *ctx)
{
	if (is_ours())
		calls_of_plain_kprobe++;
	return 0;
}

SEC("?kprobe.multi/virtio_transport_connec?")
int on_multi(void *ctx)
{
	if (is_ours())
		calls_of_multi++;
	return 0;
}

SEC("?fentry")
int BPF_PROG(on_any, struct vsock_sock___ours *vsock)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
