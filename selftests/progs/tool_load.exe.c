// What the tools of samples/ look for, made on purpose, all of it on one CPU (the last that this process may use):
//
//   tool_load spin NAME[,NAME]…       busy processes; each NAME is a thread, the first one the main thread of its process
//   tool_load pingpong NAME           two threads that wake each other as fast as they can
//   tool_load threads COUNT           COUNT threads one after another, each of which ends at once
//   tool_load within ROOT PROGRAM [ARGUMENT]…   PROGRAM with ROOT as its whole world: /sys is in it, and the environment is empty
//   tool_load ANYTHING…               ends at once, with status 0
//
// spin and pingpong print a line "NAME PID TID" a thread, and go on until standard input ends.
// flags: -pthread -D_GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int ends[2][2];

static void pin(void)
{
	cpu_set_t all, one;
	int cpu = CPU_SETSIZE - 1;

	sched_getaffinity(0, sizeof(all), &all);
	while (cpu > 0 && !CPU_ISSET(cpu, &all))
		cpu--;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

// One write, so that lines of several processes do not mix.
static void introduce(const char *name)
{
	char line[64];
	int length;

	prctl(PR_SET_NAME, name);
	length = snprintf(line, sizeof(line), "%.15s %d %ld\n", name, getpid(), syscall(SYS_gettid));
	if (write(STDOUT_FILENO, line, length) != length)
		_exit(1);
}

static void *spin(void *name)
{
	introduce(name);
	for (;;)
		__asm__ volatile("");
	return NULL;
}

struct player {
	char *name;
	int read_end, write_end;
};

static void *play(void *argument)
{
	struct player *player = argument;
	char byte;

	introduce(player->name);
	while (read(player->read_end, &byte, 1) == 1)
		if (write(player->write_end, &byte, 1) != 1)
			break;
	return NULL;
}

static void start(void *(*body)(void *), void *argument)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, body, argument))
		_exit(1);
}

// A process for `names`, a thread each; it dies with the one that started it.
static void start_process(char *names)
{
	char *main_name = strtok(names, ","), *name;

	if (fork())
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while ((name = strtok(NULL, ",")))
		start(spin, name);
	spin(main_name);
}

static void *end_at_once(void *nothing)
{
	return nothing;
}

static int run_threads(int count)
{
	pthread_t thread;

	while (count-- > 0) {
		if (pthread_create(&thread, NULL, end_at_once, NULL))
			return 1;
		pthread_join(thread, NULL);
	}
	return 0;
}

static int run_within(const char *root, char **command)
{
	char *environment[] = {NULL};

	if (chdir(root) || unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("sysfs", "sys", "sysfs", 0, NULL) || chroot("."))
		perror(root);
	else if (execve(command[0], command, environment))
		perror(command[0]);
	return 1;
}

static void wait_for_end_of_input(void)
{
	char byte;

	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 2 ? argv[1] : "";

	if (!strcmp(mode, "spin")) {
		// This process is not pinned: it must get a CPU to end the others.
		for (int i = 2; i < argc; i++) {
			cpu_set_t all;

			sched_getaffinity(0, sizeof(all), &all);
			pin();
			start_process(argv[i]);
			sched_setaffinity(0, sizeof(all), &all);
		}
	} else if (!strcmp(mode, "pingpong")) {
		static struct player players[2];

		pin();
		if (pipe(ends[0]) || pipe(ends[1]) || write(ends[0][1], "", 1) != 1)
			return 1;
		for (int i = 0; i < 2; i++) {
			players[i] = (struct player){argv[2], ends[i][0], ends[!i][1]};
			start(play, &players[i]);
		}
	} else if (!strcmp(mode, "threads")) {
		return run_threads(atoi(argv[2]));
	} else if (!strcmp(mode, "within") && argc > 3) {
		return run_within(argv[2], argv + 3);
	} else {
		return 0;
	}
	wait_for_end_of_input();
	// Threads and, by PDEATHSIG, processes go along.
	return 0;
}
