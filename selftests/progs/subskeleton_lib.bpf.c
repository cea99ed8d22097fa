// A library with data, maps and a program of its own. Its user space part sees them through a subskeleton.
// link: subskeleton_lib2.bpf.c
// skelgen: subskeleton

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

const volatile int var1;
volatile int var2 = 1;

struct {
	int var3_1;
	__s64 var3_2;
} var3;

int libout1;

volatile int var4[4];

/* The object that the library is linked into may bring its own. */
__weak int var5 SEC(".data");

/* Of the library's second file. */
extern int var6;

int var7 SEC(".data.custom") = 7;

int (*fn_ptr)(void);

extern bool CONFIG_BPF_SYSCALL __kconfig;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 16);
} map1 SEC(".maps");

extern struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, __u32);
	__type(value, __u32);
	__uint(max_entries, 16);
} map2 SEC(".maps");

int lib_routine(void)
{
	__u32 key = 1, value = 2;

	if (!CONFIG_BPF_SYSCALL)
		return -1;
	var4[0] = var7;
	bpf_map_update_elem(&map1, &key, &value, BPF_ANY);
	bpf_map_update_elem(&map2, &key, &value, BPF_ANY);
	libout1 = var1 + var2 + var3.var3_1 + var3.var3_2 + var5 + var6;
	return libout1;
}

SEC("perf_event")
int lib_perf_handler(struct pt_regs *context)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
