// Attaching and detaching: a thousand kprobes with one link, a hundred single ones, a hundred uprobes by symbol in libc, one by symbol
// in a large binary, against libbpf doing the same.

import { existsSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filterFunctions, readElf } from '@libbpf-ts/elf';
import { openObject } from '@libbpf-ts/libbpf';
import { compileObject, skipWithoutBpf } from './bpf-object.mjs';

const DEVICES = '/sys/bus/event_source/devices';
const FILTER = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing']
  .map((folder) => join(folder, 'available_filter_functions'))
  .find(existsSync);

/** One case: `targets` finds what to attach to, `attach` makes the links. */
function attachCase({ name, kind, program, rounds, needs, targets, attach }) {
  return {
    name: `attach/${name}`,
    skip: ({ objects } = {}) => skipWithoutBpf(objects) ?? needs(),
    setup({ build, objects }) {
      const { bytes, path: object } = compileObject('attach', build, objects);
      const open = openObject(bytes, { name: 'attach' });
      open.program(program).autoload = true;
      const loaded = open.load();
      const { path = '-', names } = targets();
      const list = join(build, `attach-${name.replaceAll('/', '-')}.txt`);
      writeFileSync(list, names.map((one) => `${one}\n`).join(''));
      const state = { loaded, program: loaded.program(program), object, path, names, list };
      round(attach, state);
      return state;
    },
    js(state) {
      const start = process.hrtime.bigint();
      for (let count = 0; count < rounds; count++) round(attach, state);
      return Number(process.hrtime.bigint() - start) / rounds;
    },
    c: {
      source: 'attach.c',
      args: ({ object, path, list }) => [kind, object, path, list, String(rounds)],
    },
    teardown: (state) => state?.loaded.close(),
  };
}

function round(attach, state) {
  const links = attach(state);
  for (const link of links) link.close();
}

const needsPmu = (kind) => () =>
  existsSync(join(DEVICES, kind)) ? undefined : `this kernel has no ${kind}s`;
const needsKprobeMulti = () =>
  needsPmu('kprobe')() ?? (FILTER === undefined ? 'tracefs is not mounted' : undefined);

/** Functions that ftrace can trace, of a harmless kind: spread over the kernel, not called by the bench itself. */
function kernelFunctions(count) {
  const all = readFileSync(FILTER, 'latin1')
    .split('\n')
    .filter((line) => /^[a-z]\w+$/.test(line));
  const unique = [...new Set(all)].filter((name) =>
    /^(ext4|xfs|nfs|drm|tcp|ip6|snd|acpi)_/.test(name),
  );
  return unique.slice(0, count);
}

/** Functions of a file whose names are there once: libbpf 1.1 refuses those with several versions. */
function functionsOf(path, count) {
  const elf = readElf(new Uint8Array(readFileSync(path)));
  const seen = new Map();
  filterFunctions(elf, (name) => {
    seen.set(name, (seen.get(name) ?? 0) + 1);
    return true;
  });
  const once = [...seen].filter(([name, times]) => times === 1 && /^[a-z]\w{3,}$/.test(name));
  return once.slice(0, count).map(([name]) => name);
}

const libc = [
  '/lib/x86_64-linux-gnu/libc.so.6',
  '/lib/aarch64-linux-gnu/libc.so.6',
  '/lib64/libc.so.6',
].find(existsSync);

export const cases = [
  attachCase({
    name: 'kprobe-multi/1000',
    kind: 'kprobe-multi',
    program: 'on_many',
    rounds: 3,
    needs: needsKprobeMulti,
    targets: () => ({ names: kernelFunctions(1000) }),
    attach: ({ program, names }) => [program.attachKprobeMulti({ functions: names })],
  }),
  attachCase({
    name: 'kprobe/100',
    kind: 'kprobe',
    program: 'on_kprobe',
    rounds: 1,
    needs: needsKprobeMulti,
    targets: () => ({ names: kernelFunctions(100) }),
    attach: ({ program, names }) => names.map((name) => program.attachKprobe({ function: name })),
  }),
  attachCase({
    name: 'uprobe/100-in-libc',
    kind: 'uprobe',
    program: 'on_uprobe',
    rounds: 1,
    needs: () => needsPmu('uprobe')() ?? (libc === undefined ? 'no libc.so.6' : undefined),
    targets: () => ({ path: realpathSync(libc), names: functionsOf(libc, 100) }),
    attach: ({ program, path, names }) =>
      names.map((name) => program.attachUprobe({ path, function: name })),
  }),
  attachCase({
    name: 'uprobe/1-in-node',
    kind: 'uprobe',
    program: 'on_uprobe',
    rounds: 5,
    needs: needsPmu('uprobe'),
    targets: () => ({ path: process.execPath, names: ['main'] }),
    attach: ({ program, path, names }) =>
      names.map((name) => program.attachUprobe({ path, function: name })),
  }),
];
