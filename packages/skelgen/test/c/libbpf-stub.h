#pragma once
// What a skeleton needs of libbpf's header, without the kernel's types, which here come from the object's own BTF.
#include <stddef.h>

struct bpf_object;
struct bpf_map;
struct bpf_program;
#define LIBBPF_MAJOR_VERSION 1
#define LIBBPF_MINOR_VERSION 5

struct bpf_link;
struct bpf_object_open_opts;

struct bpf_map_skeleton {
	const char *name;
	struct bpf_map **map;
	void **mmaped;
	struct bpf_link **link;
};

struct bpf_prog_skeleton {
	const char *name;
	struct bpf_program **prog;
	struct bpf_link **link;
};

struct bpf_object_skeleton {
	size_t sz;
	const char *name;
	const void *data;
	size_t data_sz;
	struct bpf_object **obj;
	int map_cnt;
	int map_skel_sz;
	struct bpf_map_skeleton *maps;
	int prog_cnt;
	int prog_skel_sz;
	struct bpf_prog_skeleton *progs;
};

struct bpf_var_skeleton {
	const char *name;
	struct bpf_map **map;
	void **addr;
};

struct bpf_object_subskeleton {
	size_t sz;
	const struct bpf_object *obj;
	int map_cnt;
	int map_skel_sz;
	struct bpf_map_skeleton *maps;
	int prog_cnt;
	int prog_skel_sz;
	struct bpf_prog_skeleton *progs;
	int var_cnt;
	int var_skel_sz;
	struct bpf_var_skeleton *vars;
};

#ifdef __cplusplus
extern "C" {
#endif
int bpf_object__open_skeleton(struct bpf_object_skeleton *s, const struct bpf_object_open_opts *opts);
int bpf_object__load_skeleton(struct bpf_object_skeleton *s);
int bpf_object__attach_skeleton(struct bpf_object_skeleton *s);
void bpf_object__detach_skeleton(struct bpf_object_skeleton *s);
void bpf_object__destroy_skeleton(struct bpf_object_skeleton *s);
int bpf_object__open_subskeleton(struct bpf_object_subskeleton *s);
void bpf_object__destroy_subskeleton(struct bpf_object_subskeleton *s);
void *bpf_map__initial_value(const struct bpf_map *map, size_t *size);
#ifdef __cplusplus
}
#endif
