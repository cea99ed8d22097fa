// libbpf's side of bench/verify.bench.mjs: loads each program of each object alone, as veristat does, and prints the nanoseconds that
// all of them took.
//
//   verify PROGRAMS OBJECT...      PROGRAMS is how many there should be

#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static struct bpf_object *opened(const char *path)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);

	if (!object)
		exit(1);
	return object;
}

// Loads program `wanted` of the object alone. Returns 0 when there is no such program.
static int verify(const char *path, int wanted, FILE *out)
{
	struct bpf_object *object = opened(path);
	struct bpf_program *program, *found = NULL;
	static char log[1 << 16];
	const char *statistics;
	int index = 0, instructions = 0, states = 0;

	bpf_object__for_each_program(program, object) {
		bpf_program__set_autoload(program, index == wanted);
		if (index++ == wanted)
			found = program;
	}
	if (found) {
		log[0] = 0;
		bpf_program__set_log_buf(found, log, sizeof(log));
		bpf_program__set_log_level(found, 4);
		if (bpf_object__load(object))
			exit(1);
		statistics = strstr(log, "processed ");
		if (statistics)
			sscanf(statistics, "processed %d insns", &instructions);
		statistics = strstr(log, "total_states ");
		if (statistics)
			sscanf(statistics, "total_states %d", &states);
		fprintf(out, "%s %s %d %d\n", path, bpf_program__name(found), instructions, states);
	}
	bpf_object__close(object);
	return found != NULL;
}

int main(int argc, char **argv)
{
	FILE *out = fopen("/dev/null", "w");
	double start = now();
	int count = 0;

	libbpf_set_print(quiet);
	for (int file = 2; file < argc; file++)
		for (int index = 0; verify(argv[file], index, out); index++)
			count++;
	if (count != atoi(argv[1])) {
		fprintf(stderr, "%d programs, expected %s\n", count, argv[1]);
		return 1;
	}
	printf("%.0f\n", now() - start);
	return 0;
}
