// libbpf's side of bench/btf.bench.mjs: opens a BTF and looks names up, over and over; prints nanoseconds per round.
//
//   btf_parse file|memory PATH NAMES ROUNDS
//
// "file" reads the file each round (btf__parse), "memory" parses bytes that are already there (btf__new). NAMES is a file of
// struct names, one per line; an empty file parses only.

#include <bpf/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static char *read_all(const char *path, size_t *size)
{
	FILE *file = fopen(path, "r");
	size_t room = 1 << 20, used = 0, n;
	char *data = malloc(room + 1);

	if (!file || !data)
		exit(1);
	while ((n = fread(data + used, 1, room - used, file)) > 0) {
		used += n;
		if (used == room)
			data = realloc(data, (room *= 2) + 1);
	}
	fclose(file);
	data[used] = 0;
	*size = used;
	return data;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

int main(int argc, char **argv)
{
	size_t size, names_size, count = 0;
	char *data, *names, *names_list[4096];

	if (argc != 5)
		return 2;
	data = read_all(argv[2], &size);
	names = read_all(argv[3], &names_size);
	for (char *name = strtok(names, "\n"); name && count < 4096; name = strtok(NULL, "\n"))
		names_list[count++] = name;

	int rounds = atoi(argv[4]);
	long found = 0;
	double start = 0;

	// Round -1 is for warming up.
	for (int round = -1; round < rounds; round++) {
		if (round == 0)
			start = now();
		struct btf *btf = argv[1][0] == 'f' ? btf__parse(argv[2], NULL) : btf__new(data, size);

		if (!btf)
			return 1;
		for (size_t i = 0; i < count; i++)
			found += btf__find_by_name_kind(btf, names_list[i], BTF_KIND_STRUCT) > 0;
		btf__free(btf);
	}
	double took = now() - start;

	if (found != (long)count * (rounds + 1))
		return 1;
	printf("%.0f\n", took / rounds);
	return 0;
}
