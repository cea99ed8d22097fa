// libbpf's side of bench/load.bench.mjs: opens, loads and attaches an object, again and again; prints nanoseconds each.
//
//   load OBJECT ROUNDS

#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static int quiet(enum libbpf_print_level level, const char *format, va_list arguments)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, arguments) : 0;
}

static double once(const void *bytes, size_t size)
{
	struct bpf_link *links[64];
	struct bpf_program *program;
	struct bpf_object *object;
	double start = now(), end;
	int count = 0;

	object = bpf_object__open_mem(bytes, size, NULL);
	if (!object || bpf_object__load(object))
		exit(1);
	bpf_object__for_each_program(program, object) {
		links[count] = bpf_program__attach(program);
		if (!links[count++])
			exit(1);
	}
	end = now();
	while (count > 0)
		bpf_link__destroy(links[--count]);
	bpf_object__close(object);
	return end - start;
}

int main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[2]) : 1;
	FILE *file = fopen(argv[1], "rb");
	static char bytes[1 << 20];
	size_t size = file ? fread(bytes, 1, sizeof(bytes), file) : 0;
	double sum = 0;

	if (size == 0)
		return 1;
	libbpf_set_print(quiet);
	if (rounds > 1)
		once(bytes, size);
	for (int round = 0; round < rounds; round++)
		sum += once(bytes, size);
	printf("%.1f\n", sum / rounds);
	return 0;
}
