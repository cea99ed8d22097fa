// libbpf's side of bench/attach.bench.mjs: prints nanoseconds for attaching all targets and detaching them again.
//
//   attach kprobe|kprobe-multi|uprobe OBJECT PATH NAMES ROUNDS
//
// NAMES is a file of function names, one per line; PATH the file that they are in, for uprobes.

#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST 4096

static const char *names[MOST];
static struct bpf_link *links[MOST];
static int count;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void read_names(const char *path)
{
	static char text[1 << 20];
	FILE *file = fopen(path, "r");

	if (!file)
		exit(1);
	text[fread(text, 1, sizeof(text) - 1, file)] = 0;
	fclose(file);
	for (char *name = strtok(text, "\n"); name && count < MOST; name = strtok(NULL, "\n"))
		names[count++] = name;
}

static struct bpf_link *one(struct bpf_program *program, int is_user, const char *path, const char *name)
{
	LIBBPF_OPTS(bpf_uprobe_opts, uprobe, .func_name = name);

	if (is_user)
		return bpf_program__attach_uprobe_opts(program, -1, path, 0, &uprobe);
	return bpf_program__attach_kprobe(program, 0, name);
}

int main(int argc, char **argv)
{
	if (argc != 6)
		return 2;
	int is_multi = !strcmp(argv[1], "kprobe-multi"), is_user = !strcmp(argv[1], "uprobe");
	int rounds = atoi(argv[5]);
	struct bpf_object *object = bpf_object__open_file(argv[2], NULL);
	struct bpf_program *program;
	double start = 0;

	if (!object)
		return 1;
	program = bpf_object__find_program_by_name(object, is_multi ? "on_many" : is_user ? "on_uprobe" : "on_kprobe");
	bpf_program__set_autoload(program, 1);
	if (bpf_object__load(object))
		return 1;
	read_names(argv[4]);
	// Round -1 is for warming up.
	for (int round = -1; round < rounds; round++) {
		int made = is_multi ? 1 : count;

		if (round == 0)
			start = now();
		if (is_multi) {
			LIBBPF_OPTS(bpf_kprobe_multi_opts, multi, .syms = names, .cnt = count);

			links[0] = bpf_program__attach_kprobe_multi_opts(program, NULL, &multi);
		} else {
			for (int i = 0; i < count; i++)
				links[i] = one(program, is_user, argv[3], names[i]);
		}
		for (int i = 0; i < made; i++) {
			if (!links[i])
				return 1;
			bpf_link__destroy(links[i]);
		}
	}
	printf("%.0f\n", (now() - start) / rounds);
	return 0;
}
