// Many small BPF objects that differ in what they hold: programs of several types, maps, global data, subprograms, loops and CO-RE.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { compiler, systemInclude } from './bpf-object.mjs';

const SECTIONS = [
  'raw_tp/sys_enter',
  'socket',
  'xdp',
  'tc',
  'kprobe/do_nothing',
  'tp_btf/sched_switch',
  'cgroup_skb/egress',
];

/** C of object `index`: program `n` has its section, loops `n` times and uses what objects have. */
function sourceOf(index, programs) {
  const functions = Array.from({ length: programs }, (_, n) => {
    const section = SECTIONS[(index + n) % SECTIONS.length];
    const core = /^(raw_tp|kprobe)/.test(section)
      ? `sum += read_task((void *)bpf_get_current_task());`
      : '';
    return `SEC("${section}") int program_${n}(void *ctx)
{
	__u64 sum = limit, *value;
	__u32 key = ${n};

	for (int i = 0; i < ${4 + ((index + n) % 60)}; i++)
		sum = mix(sum + i, key);
	${core}
	value = bpf_map_lookup_elem(&counts, &key);
	if (value)
		__sync_fetch_and_add(value, sum);
	total += sum;
	return ${section === 'socket' ? 0 : 1};
}
`;
  });
  return `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

struct task_struct {
	int pid, tgid;
	struct task_struct *group_leader;
	unsigned int flags;
} __attribute__((preserve_access_index));

struct value_${index} {
	__u64 count;
	char name[${8 + (index % 24)}];
};
struct {
	__uint(type, BPF_MAP_TYPE_${index % 2 ? 'HASH' : 'ARRAY'});
	__uint(max_entries, ${16 + (index % 100)});
	__type(key, __u32);
	__type(value, struct value_${index});
} counts SEC(".maps");

const volatile __u64 limit = ${index};
__u64 total;

static __attribute__((noinline)) __u64 mix(__u64 a, __u32 b)
{
	return (a << 13 ^ a >> 7) * (b + ${index});
}

static __attribute__((noinline)) __u64 read_task(struct task_struct *task)
{
	return BPF_CORE_READ(task, group_leader, tgid) + BPF_CORE_READ(task, flags);
}

${functions.join('\n')}
char LICENSE[] SEC("license") = "GPL";
`;
}

/**
 * Compiles them, those that are there already left alone.
 *
 * @returns paths; the programs in them together are \`programs`
 */
export async function manyObjects(build, files, programs) {
  const folder = join(build, `objects-${files}-${programs}`);
  mkdirSync(folder, { recursive: true });
  const paths = Array.from({ length: files }, (_, index) => join(folder, `object_${index}.bpf.o`));
  const missing = paths
    .map((path, index) => ({ path, index }))
    .filter(({ path }) => !existsSync(path));
  const command = compiler();
  const workers = Array.from({ length: availableParallelism() }, async () => {
    for (let next = missing.pop(); next !== undefined; next = missing.pop()) {
      const { path, index } = next;
      const each = Math.floor(programs / files) + (index < programs % files ? 1 : 0);
      const source = path.replace(/o$/, 'c');
      writeFileSync(source, sourceOf(index, each));
      await compile(command, source, path);
    }
  });
  await Promise.all(workers);
  return paths;
}

function compile(command, source, path) {
  const flags = [
    '-target',
    'bpf',
    '-mcpu=v3',
    '-O2',
    '-g',
    '-I',
    systemInclude,
    '-c',
    source,
    '-o',
    path,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(command, flags, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk) => (said += chunk));
    child.on('error', reject);
    child.on('close', (status) =>
      status === 0 ? resolve() : reject(new Error(`clang ${source}: ${said.slice(0, 500)}`)),
    );
  });
}
