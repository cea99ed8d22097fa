// libbpf's side of bench/map.bench.mjs: prints nanoseconds per operation.
//
//   map lookup|update|batch|iterate ENTRIES ROUNDS
//
// A hash of 32-bit keys and 64-bit values. "batch" reads all of it with bpf_map_lookup_batch and sums keys and values;
// "iterate" does so key by key.

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Nanoseconds of the processor. */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static unsigned entries;
static int map;
static unsigned long long sum;

static void lookup(void)
{
	unsigned long long value;

	for (unsigned key = 0; key < entries; key++) {
		if (bpf_map_lookup_elem(map, &key, &value))
			exit(1);
		sum += value;
	}
}

static void update(void)
{
	for (unsigned key = 0; key < entries; key++) {
		unsigned long long value = key * 3;

		if (bpf_map_update_elem(map, &key, &value, BPF_ANY))
			exit(1);
	}
}

static void batch(void)
{
	static unsigned *keys;
	static unsigned long long *values;
	unsigned token, count = entries;

	if (!keys) {
		keys = malloc(entries * sizeof(*keys));
		values = malloc(entries * sizeof(*values));
	}
	if (bpf_map_lookup_batch(map, NULL, &token, keys, values, &count, NULL) && errno != ENOENT)
		exit(1);
	if (count != entries)
		exit(1);
	for (unsigned i = 0; i < count; i++)
		sum += keys[i] + values[i];
}

static void iterate(void)
{
	unsigned key, *previous = NULL, seen = 0;
	unsigned long long value;

	while (!bpf_map_get_next_key(map, previous, &key)) {
		if (bpf_map_lookup_elem(map, &key, &value))
			exit(1);
		sum += key + value;
		previous = &key;
		seen++;
	}
	if (seen != entries)
		exit(1);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	entries = atoi(argv[2]);
	map = bpf_map_create(BPF_MAP_TYPE_HASH, "bench", 4, 8, entries, NULL);
	if (map < 0)
		return 1;
	update();
	void (*run)(void) = !strcmp(argv[1], "lookup") ? lookup : !strcmp(argv[1], "update") ? update
			  : !strcmp(argv[1], "batch") ? batch : iterate;
	int rounds = atoi(argv[3]);

	run();
	double start = now();
	for (int round = 0; round < rounds; round++)
		run();
	printf("%f\n", (now() - start) / rounds / entries);
	fprintf(stderr, "%llu\n", sum);
	return 0;
}
