// SPDX-License-Identifier: GPL-2.0
// Values that belong to sockets, processes and cgroups.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct note {
	__u32 number;
	char text[12];
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct note);
} sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct note);
} tasks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct note);
} inodes SEC(".maps");

struct {
	// BPF_MAP_TYPE_CGRP_STORAGE, which older headers lack.
	__uint(type, 32);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct note);
} cgroups SEC(".maps");

char _license[] SEC("license") = "GPL";
