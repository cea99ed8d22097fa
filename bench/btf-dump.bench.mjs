// BTF as C: the whole process against bpftool's, and how the time grows with the input.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { btfBuilder, parseBtf } from '@libbpf-ts/btf';
import { dumpCBytes } from '@libbpf-ts/btf-dump';

const VMLINUX = '/sys/kernel/btf/vmlinux';
const SKELGEN = fileURLToPath(new URL('../packages/skelgen/bin/skelgen.js', import.meta.url));
const BPFTOOL = ['/usr/sbin/bpftool', 'bpftool'].find(
  (command) => spawnSync(command, ['version'], { stdio: 'ignore' }).status === 0,
);

/**
 * `"$@" > FILE`, so that both sides write to the same kind of file by themselves. With NODE_EXTRA_CA_CERTS in the environment
 * Node reads certificates before anything else, for longer than it takes to start.
 */
const toFile = (file, ...command) => [
  '/bin/sh',
  '-c',
  'unset NODE_EXTRA_CA_CERTS; exec "$@" > "$0"',
  file,
  ...command,
];

function skip() {
  if (!existsSync(VMLINUX)) return `no ${VMLINUX}`;
  return BPFTOOL === undefined ? 'no bpftool' : undefined;
}

/** A whole run of the command against one of bpftool. */
function commandCase(name, ours, theirs) {
  return {
    name,
    skip,
    setup({ build }) {
      const stem = join(build, name.replaceAll('/', '-'));
      const state = { ours: `${stem}.skelgen`, theirs: `${stem}.bpftool` };
      // Once before it counts, to have both in the page cache, and to see that they do the same work.
      for (const [command, ...args] of [
        toFile(state.ours, process.execPath, SKELGEN, 'btf', VMLINUX, ...ours),
        toFile(state.theirs, BPFTOOL, 'btf', 'dump', 'file', VMLINUX, ...theirs),
      ]) {
        const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
        if (status !== 0) throw new Error(`${args.join(' ')}: status ${status}: ${stderr}`);
      }
      if (!readFileSync(state.ours).equals(readFileSync(state.theirs))) {
        throw new Error(`${state.ours} and ${state.theirs} differ`);
      }
      return state;
    },
    command: (state) => toFile(state.ours, process.execPath, SKELGEN, 'btf', VMLINUX, ...ours),
    c: {
      command: (state) => toFile(state.theirs, BPFTOOL, 'btf', 'dump', 'file', VMLINUX, ...theirs),
    },
  };
}

/** The kernel's types `times` over, names and all, each copy a program of its own. */
function repeated(times) {
  const source = parseBtf(readFileSync(VMLINUX));
  const count = source.typeCount - 1;
  const builder = btfBuilder();
  for (let copy = 0; copy < times; copy++) {
    const shift = copy * count;
    const moved = (id) => (id === 0 ? 0 : id + shift);
    for (const type of source.types()) builder.add(shifted(type, moved, copy));
  }
  return parseBtf(builder.toBytes());
}

/** A type whose references point into its own copy, with a name of that copy's. */
function shifted(type, moved, copy) {
  const result = { ...type };
  if (copy > 0 && type.name !== '') result.name = `c${copy}_${type.name}`;
  for (const key of ['typeId', 'elementTypeId', 'indexTypeId', 'returnTypeId']) {
    if (key in type) result[key] = moved(type[key]);
  }
  for (const key of ['members', 'parameters', 'variables']) {
    if (key in type) result[key] = type[key].map((one) => ({ ...one, typeId: moved(one.typeId) }));
  }
  return result;
}

/** Nanoseconds per type. */
function perType(btf) {
  const start = process.hrtime.bigint();
  let length = 0;
  for (const chunk of dumpCBytes(btf)) length += chunk.length;
  if (length < 1_000_000) throw new Error(`printed ${length} bytes only`);
  return Number(process.hrtime.bigint() - start) / btf.typeCount;
}

export const cases = [
  // The figure: no slower than bpftool, Node's start included.
  commandCase('btf-dump/command-c/vmlinux', ['--format', 'c'], ['format', 'c']),
  commandCase(
    'btf-dump/command-c-unsorted/vmlinux',
    ['--format', 'c', '--unsorted'],
    ['format', 'c', 'unsorted'],
  ),
  commandCase('btf-dump/command-raw/vmlinux', ['--format', 'raw'], ['format', 'raw']),
  ...[2, 4].map((times) => ({
    // Time per type at `times` vmlinux over time per type at one.
    name: `btf-dump/growth-${times}/vmlinux`,
    skip: () => (existsSync(VMLINUX) ? undefined : `no ${VMLINUX}`),
    setup() {
      const state = { one: repeated(1), many: repeated(times) };
      perType(state.one);
      perType(state.many);
      return state;
    },
    ratio: ({ one, many }) => perType(many) / perType(one),
  })),
];
