// libbpf's side of bench/ring.bench.mjs: prints nanoseconds per record, or per wake-up.
//
//   ring OBJECT consume COUNT ROUNDS     drains COUNT records that lie there, reading two fields of each
//   ring OBJECT produce COUNT ROUNDS     what the kernel needs to make them
//   ring OBJECT wakeup COUNT PERCENTILE  from submitting an event to the callback, the producer being another thread
//   ring OBJECT live COUNT RUNS          how many records were made for each that was read, the producer running as fast as it can
//   ring OBJECT trigger COUNT PINNED     runs the program pinned at PINNED, half a millisecond apart, for the JavaScript side
//   ring OBJECT burst RUNS PINNED        runs it without a pause
//   ring OBJECT steady RUNS PINNED       runs it a thousand times a second

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct record {
	unsigned long long sequence;
	unsigned first, second, pid, cpu;
};

/* Of the processor. */
static double spent_by_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static unsigned long long sum, seen;
static double *latencies;
static int program;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static int on_record(void *context, void *data, size_t size)
{
	struct record *record = data;

	sum += record->first + record->second;
	seen++;
	return 0;
}

static int on_timed(void *context, void *data, size_t size)
{
	struct record *record = data;

	latencies[seen++] = now() - record->sequence;
	return 0;
}

static void run(void)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);

	if (bpf_prog_test_run_opts(program, &options)) {
		perror("test run");
		exit(1);
	}
}

static void *produce_slowly(void *count)
{
	for (long i = 0; i < (long)count; i++) {
		usleep(500);
		run();
	}
	return NULL;
}

static volatile int done;

static void *produce_fast(void *count)
{
	for (long i = 0; i < (long)count; i++)
		run();
	done = 1;
	return NULL;
}

/* Keeps to the clock: what was late is caught up on. */
static void *produce_steadily(void *count)
{
	double start = now();

	for (long i = 0; i < (long)count; i++) {
		double early = start + i * 1e6 - now();

		if (early > 0)
			usleep(early / 1e3);
		run();
	}
	return NULL;
}

static int compare(const void *a, const void *b)
{
	double x = *(double *)a, y = *(double *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	if (!strcmp(argv[2], "trigger") || !strcmp(argv[2], "burst") || !strcmp(argv[2], "steady")) {
		program = bpf_obj_get(argv[4]);
		if (program < 0)
			return 1;
		void *runs = (void *)(long)atoi(argv[3]);

		if (!strcmp(argv[2], "burst"))
			produce_fast(runs);
		else if (!strcmp(argv[2], "steady"))
			produce_steadily(runs);
		else
			produce_slowly(runs);
		return 0;
	}
	struct bpf_object *object = bpf_object__open_file(argv[1], NULL);
	if (!object || bpf_object__load(object))
		return 1;
	program = bpf_program__fd(bpf_object__find_program_by_name(object, "produce"));
	int map = bpf_object__find_map_fd_by_name(object, "records");
	struct bpf_map *bss = bpf_object__find_map_by_name(object, ".bss");
	struct {
		unsigned count;
		unsigned pad;
		unsigned long long produced, dropped, elapsed, wakeup;
		unsigned timed, tgid, cpu;
	} data = {};
	unsigned key = 0;
	size_t size = bpf_map__value_size(bss);
	int wakeup = !strcmp(argv[2], "wakeup"), live = !strcmp(argv[2], "live");

	if (size > sizeof(data))
		return 1;
	data.count = wakeup ? 1 : atoi(argv[3]);
	data.wakeup = wakeup || live ? 0 : BPF_RB_NO_WAKEUP;
	data.timed = wakeup;
	bpf_map_update_elem(bpf_map__fd(bss), &key, &data, 0);

	struct ring_buffer *ring = ring_buffer__new(map, wakeup ? on_timed : on_record, NULL, NULL);
	if (!ring)
		return 1;
	if (wakeup) {
		long count = atoi(argv[3]);
		pthread_t producer;

		latencies = calloc(count, sizeof(double));
		pthread_create(&producer, NULL, produce_slowly, (void *)count);
		while (seen < count)
			ring_buffer__poll(ring, -1);
		pthread_join(producer, NULL);
		qsort(latencies, count, sizeof(double), compare);
		printf("%f\n", latencies[(long)(count * atof(argv[4]) / 100)]);
		return 0;
	}
	if (live) {
		long runs = atoi(argv[4]);
		pthread_t producer;

		pthread_create(&producer, NULL, produce_fast, (void *)runs);
		while (!done)
			ring_buffer__poll(ring, 10);
		pthread_join(producer, NULL);
		ring_buffer__consume(ring);
		printf("%f\n", (double)runs * atoi(argv[3]) / seen);
		return 0;
	}
	double total = 0;
	int rounds = atoi(argv[4]);
	// The first round is for warming up.
	for (int round = -1; round < rounds; round++) {
		double before = spent_by_now();

		run();
		double start = spent_by_now();
		int consumed = ring_buffer__consume(ring);
		double spent = spent_by_now() - start;

		if (consumed != atoi(argv[3])) {
			fprintf(stderr, "consumed %d records\n", consumed);
			return 1;
		}
		if (round >= 0)
			total += strcmp(argv[2], "produce") ? spent : start - before;
	}
	printf("%f\n", total / rounds / atoi(argv[3]));
	fprintf(stderr, "%llu\n", sum);
	return 0;
}
