// SPDX-License-Identifier: GPL-2.0
// Every kind of CO-RE relocation. All programs but the last read `input` as if a kernel had laid it out; which kernel, the test's own
// BTF says. Each writes what it found to `out`, in the order of its lines.
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define CORE __attribute__((preserve_access_index))
#define READ(in, ...) BPF_CORE_READ(in, __VA_ARGS__)

unsigned char input[256] __attribute__((aligned(8))) = {};
long long out[32] = {};

/* Names with three underscores: the same type to CO-RE, whatever comes after them. */
struct flavours {
	int a;
	int b;
	int c;
} CORE;

struct flavours___reversed {
	int c;
	int b;
	int a;
} CORE;

struct flavours___nested {
	struct {
		int b;
	};
	union {
		int a;
		int c;
	};
} CORE;

SEC("?raw_tp/sys_enter")
int flavours(void *ctx)
{
	struct flavours *plain = (void *)&input;
	struct flavours___reversed *reversed = (void *)&input;
	struct flavours___nested *nested = (void *)&input;

	out[0] = READ(plain, a);
	out[1] = READ(plain, b);
	out[2] = READ(plain, c);
	out[3] = READ(reversed, a);
	out[4] = READ(reversed, b);
	out[5] = READ(reversed, c);
	out[6] = READ(nested, a);
	out[7] = READ(nested, b);
	out[8] = READ(nested, c);
	return 0;
}

struct nesting {
	struct {
		struct {
			int a;
		} a;
	} a;
	struct {
		union {
			int b;
		} b;
	} b;
} CORE;

SEC("?raw_tp/sys_enter")
int nesting(void *ctx)
{
	struct nesting *in = (void *)&input;

	out[0] = READ(in, a.a.a);
	out[1] = READ(in, b.b.b);
	return 0;
}

struct arrays_element {
	int c;
	int d;
} CORE;

struct arrays {
	int a[5];
	char b[2][3][4];
	struct arrays_element c[3];
	struct arrays_element d[1][2];
	struct arrays_element f[];
} CORE;

SEC("?raw_tp/sys_enter")
int arrays(void *ctx)
{
	struct arrays *in = (void *)&input;

	out[0] = READ(in, a[2]);
	out[1] = READ(in, b[1][2][3]);
	out[2] = READ(in, c[1].c);
	out[3] = READ(in, d[0][1].d);
	out[4] = READ(in, f[1].c);
	return 0;
}

enum primitives_enum {
	PRIMITIVES_A,
	PRIMITIVES_B,
};

struct primitives {
	char a;
	int b;
	enum primitives_enum c;
	void *d;
	int (*e)(const char *);
} CORE;

SEC("?raw_tp/sys_enter")
int primitives(void *ctx)
{
	struct primitives *in = (void *)&input;

	out[0] = READ(in, a);
	out[1] = READ(in, b);
	out[2] = READ(in, c);
	out[3] = (long long)READ(in, d);
	out[4] = (long long)READ(in, e);
	return 0;
}

typedef const int const_int;
typedef int int_of_ours;
typedef int_of_ours three_ints[3];
typedef struct {
	int x;
	int y;
} pair_of_ours;

struct modifiers {
	int_of_ours a;
	volatile const_int b;
	const char *const c;
	three_ints d;
	const volatile pair_of_ours e;
} CORE;

SEC("?raw_tp/sys_enter")
int modifiers(void *ctx)
{
	struct modifiers *in = (void *)&input;

	out[0] = READ(in, a);
	out[1] = READ(in, b);
	out[2] = (long long)READ(in, c);
	out[3] = READ(in, d[1]);
	out[4] = READ(in, e.y);
	return 0;
}

struct pointed {
	int a;
} CORE;

SEC("?raw_tp/sys_enter")
int pointer_as_array(void *ctx)
{
	struct pointed *in = (void *)&input;

	out[0] = READ(in, a);
	out[1] = READ(&in[2], a);
	out[2] = bpf_core_field_offset(in[2].a);
	return 0;
}

struct ints {
	__u8 u8;
	__s8 s8;
	__u16 u16;
	__s16 s16;
	__u32 u32;
	__s32 s32;
	__u64 u64;
	__s64 s64;
} CORE;

SEC("?raw_tp/sys_enter")
int ints(void *ctx)
{
	struct ints *in = (void *)&input;

	out[0] = READ(in, u8);
	out[1] = READ(in, s8);
	out[2] = READ(in, u16);
	out[3] = READ(in, s16);
	out[4] = READ(in, u32);
	out[5] = READ(in, s32);
	out[6] = READ(in, u64);
	out[7] = READ(in, s64);
	return 0;
}

struct existence {
	int a;
	struct {
		int b;
	};
	int c;
	int array[1];
	struct {
		int x;
	} s;
} CORE;

SEC("?raw_tp/sys_enter")
int existence(void *ctx)
{
	struct existence *in = (void *)&input;

	out[0] = bpf_core_field_exists(in->a) ? READ(in, a) : -1;
	out[1] = bpf_core_field_exists(in->b) ? READ(in, b) : -1;
	out[2] = bpf_core_field_exists(in->c) ? READ(in, c) : -1;
	out[3] = bpf_core_field_exists(in->array) ? READ(in, array[0]) : -1;
	out[4] = bpf_core_field_exists(in->s.x) ? READ(in, s.x) : -1;
	out[5] = bpf_core_field_exists(struct existence, a);
	return 0;
}

struct bitfields {
	unsigned int u1 : 1;
	unsigned int u2 : 2;
	unsigned int u20 : 20;
	signed int s4 : 4;
	signed int s20 : 20;
	unsigned int u32;
	signed int s32;
} CORE;

SEC("?raw_tp/sys_enter")
int bitfields_probed(void *ctx)
{
	struct bitfields *in = (void *)&input;

	out[0] = BPF_CORE_READ_BITFIELD_PROBED(in, u1);
	out[1] = BPF_CORE_READ_BITFIELD_PROBED(in, u2);
	out[2] = BPF_CORE_READ_BITFIELD_PROBED(in, u20);
	out[3] = BPF_CORE_READ_BITFIELD_PROBED(in, s4);
	out[4] = BPF_CORE_READ_BITFIELD_PROBED(in, s20);
	out[5] = BPF_CORE_READ_BITFIELD_PROBED(in, u32);
	out[6] = BPF_CORE_READ_BITFIELD_PROBED(in, s32);
	return 0;
}

SEC("?raw_tp/sys_enter")
int bitfields_direct(void *ctx)
{
	struct bitfields *in = (void *)&input;

	out[0] = BPF_CORE_READ_BITFIELD(in, u1);
	out[1] = BPF_CORE_READ_BITFIELD(in, u2);
	out[2] = BPF_CORE_READ_BITFIELD(in, u20);
	out[3] = BPF_CORE_READ_BITFIELD(in, s4);
	out[4] = BPF_CORE_READ_BITFIELD(in, s20);
	out[5] = BPF_CORE_READ_BITFIELD(in, u32);
	out[6] = BPF_CORE_READ_BITFIELD(in, s32);
	return 0;
}

enum sizes_enum {
	SIZES_A,
};

struct sizes {
	int number;
	struct {
		int x;
	} structure;
	union {
		int x;
	} either;
	int array[2];
	void *pointer;
	enum sizes_enum enumerated;
	float real;
} CORE;

SEC("?raw_tp/sys_enter")
int sizes(void *ctx)
{
	struct sizes *in = (void *)&input;

	out[0] = bpf_core_field_size(in->number);
	out[1] = bpf_core_field_size(in->structure);
	out[2] = bpf_core_field_size(in->either);
	out[3] = bpf_core_field_size(in->array);
	out[4] = bpf_core_field_size(in->array[1]);
	out[5] = bpf_core_field_size(in->pointer);
	out[6] = bpf_core_field_size(in->enumerated);
	out[7] = bpf_core_field_size(in->real);
	out[8] = bpf_core_field_offset(in->array[1]);
	out[9] = bpf_core_type_size(struct sizes);
	out[10] = __builtin_preserve_field_info(in->number, BPF_FIELD_SIGNED);
	return 0;
}

struct a_struct {
	int x;
};
union a_union {
	int y;
	int z;
};
enum an_enum {
	AN_ENUM_A = 1,
	AN_ENUM_B = 2,
};
typedef struct a_struct typedef_of_struct;
typedef int (*typedef_of_function)(int);
typedef int typedef_of_array[10];
typedef int *typedef_of_pointer;

#define TYPES(X)               \
	X(0, struct a_struct)      \
	X(1, union a_union)        \
	X(2, enum an_enum)         \
	X(3, typedef_of_struct)    \
	X(4, typedef_of_function)  \
	X(5, typedef_of_array)     \
	X(6, typedef_of_pointer)

SEC("?raw_tp/sys_enter")
int type_exists(void *ctx)
{
#define EXISTS(index, type) out[index] = bpf_core_type_exists(type);
	TYPES(EXISTS)
	return 0;
}

SEC("?raw_tp/sys_enter")
int type_matches(void *ctx)
{
#define MATCHES(index, type) out[index] = bpf_core_type_matches(type);
	TYPES(MATCHES)
	return 0;
}

SEC("?raw_tp/sys_enter")
int type_sizes(void *ctx)
{
#define SIZE(index, type) out[index] = bpf_core_type_size(type);
	TYPES(SIZE)
	return 0;
}

SEC("?raw_tp/sys_enter")
int type_ids(void *ctx)
{
	out[0] = bpf_core_type_id_local(struct a_struct);
	out[1] = bpf_core_type_id_local(typedef_of_function);
	out[2] = bpf_core_type_id_kernel(struct a_struct);
	out[3] = bpf_core_type_id_kernel(enum an_enum);
	out[4] = bpf_core_type_id_kernel(typedef_of_function);
	return 0;
}

enum named_values {
	NAMED_A = 1,
	NAMED_B = 2,
	NAMED_C = 3,
};
typedef enum {
	ANONYMOUS_A = 0x10,
	ANONYMOUS_B = 0x20,
} anonymous_values;
enum signed_values {
	SIGNED_A = -1,
	SIGNED_B = -2,
};

SEC("?raw_tp/sys_enter")
int enum_values(void *ctx)
{
	out[0] = bpf_core_enum_value_exists(enum named_values, NAMED_A);
	out[1] = bpf_core_enum_value_exists(enum named_values, NAMED_B);
	out[2] = bpf_core_enum_value_exists(enum named_values, NAMED_C);
	out[3] = bpf_core_enum_value(enum named_values, NAMED_A);
	out[4] = bpf_core_enum_value_exists(enum named_values, NAMED_C)
			 ? (long long)bpf_core_enum_value(enum named_values, NAMED_C)
			 : -1;
	out[5] = bpf_core_enum_value_exists(anonymous_values, ANONYMOUS_B);
	out[6] = bpf_core_enum_value(anonymous_values, ANONYMOUS_B);
	out[7] = bpf_core_enum_value(enum signed_values, SIGNED_B);
	return 0;
}

enum wide_values {
	WIDE_A = 0x1ffffffffULL,
	WIDE_B = 0x2,
};
enum wide_signed_values {
	WIDE_SIGNED_A = -0x1ffffffffLL,
	WIDE_SIGNED_B = 0x1,
};

SEC("?raw_tp/sys_enter")
int enum64_values(void *ctx)
{
	out[0] = bpf_core_enum_value_exists(enum wide_values, WIDE_A);
	out[1] = bpf_core_enum_value(enum wide_values, WIDE_A);
	out[2] = bpf_core_enum_value_exists(enum wide_values, WIDE_B);
	out[3] = bpf_core_enum_value(enum wide_signed_values, WIDE_SIGNED_A);
	return 0;
}

/* The running kernel: task_struct as a program needs it, with a member that no kernel has. */
struct task_struct___ours {
	char comm[16];
	int tgid;
	int pid;
	struct task_struct___ours *group_leader;
	unsigned int sched_reset_on_fork : 1;
	long no_such_field;
} CORE;

struct list_head___ours {
	struct list_head___ours *next, *prev;
};

struct no_such_struct {
	int x;
} CORE;

enum bpf_map_type___ours {
	BPF_MAP_TYPE_ARRAY___ours = 77,
	BPF_MAP_TYPE_NO_SUCH = 78,
};

char comm[16] = {};

SEC("?raw_tp/sys_enter")
int kernel(void *ctx)
{
	struct task_struct___ours *task = (void *)bpf_get_current_task();
	struct no_such_struct *nothing = (void *)task;

	BPF_CORE_READ_INTO(&comm, task, comm);
	out[0] = READ(task, tgid);
	out[1] = READ(task, group_leader, pid);
	out[2] = bpf_core_field_exists(task->comm);
	out[3] = bpf_core_field_size(task->comm);
	out[4] = bpf_core_field_exists(task->no_such_field) ? READ(task, no_such_field) : -1;
	out[5] = bpf_core_type_exists(struct no_such_struct) ? READ(nothing, x) : -1;
	out[6] = bpf_core_type_exists(struct task_struct___ours);
	out[7] = bpf_core_type_size(struct list_head___ours);
	out[8] = bpf_core_type_matches(struct list_head___ours);
	out[9] = bpf_core_type_id_kernel(struct task_struct___ours);
	out[10] = bpf_core_type_id_kernel(struct no_such_struct);
	out[11] = bpf_core_enum_value_exists(enum bpf_map_type___ours, BPF_MAP_TYPE_ARRAY___ours);
	out[12] = bpf_core_enum_value(enum bpf_map_type___ours, BPF_MAP_TYPE_ARRAY___ours);
	out[13] = bpf_core_enum_value_exists(enum bpf_map_type___ours, BPF_MAP_TYPE_NO_SUCH);
	out[14] = BPF_CORE_READ_BITFIELD_PROBED(task, sched_reset_on_fork);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
