// A program as people write them for bpftool's skeleton of runqslower; it must compile and run with either header.
#include <stdio.h>
#include <string.h>
#include "runqslower.h"
#include "runqslower.skel.h"

int main(void)
{
	struct runqslower_bpf *skel = runqslower_bpf__open();
	size_t size;

	if (!skel)
		return 1;
	skel->rodata->min_us = 7;
	skel->rodata->targ_pid = 42;
	if (bpf_map__set_max_entries(skel->maps.start, 64))
		return 2;
	bpf_program__set_autoload(skel->progs.raw_sched_wakeup, false);
	bpf_program__set_autoload(skel->progs.raw_sched_wakeup_new, false);
	bpf_program__set_autoload(skel->progs.raw_sched_switch, false);
	if (runqslower_bpf__load(skel))
		return 3;
	if (runqslower_bpf__attach(skel))
		return 4;
	if (!skel->links.sched_switch || skel->links.raw_sched_switch)
		return 5;
	printf("%llu %d %u %d\n", (unsigned long long)skel->rodata->min_us, skel->rodata->targ_pid,
	       bpf_map__max_entries(skel->maps.start),
	       runqslower_bpf__elf_bytes(&size) != NULL && size > 1000);
	runqslower_bpf__detach(skel);
	runqslower_bpf__destroy(skel);
	runqslower_bpf__destroy(NULL);
	return 0;
}
