// BTF: opening the running kernel's and looking up 100 structs, against libbpf doing the same; how the time grows with the
// input; what it costs in memory.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BtfKind, parseBtf } from '@libbpf-ts/btf';

const VMLINUX = '/sys/kernel/btf/vmlinux';
const ROUNDS = 8;

const skip = () => (existsSync(VMLINUX) ? undefined : `no ${VMLINUX}`);

/** A case that opens vmlinux and looks up `pick`ed names, of a file or of bytes in memory. */
function openCase(name, from, pick) {
  return {
    name,
    skip,
    setup({ build }) {
      const bytes = readFileSync(VMLINUX);
      const names = pick(structNames(parseBtf(bytes)));
      const list = join(build, `${name.replaceAll('/', '-')}.txt`);
      writeFileSync(list, names.map((one) => `${one}\n`).join(''));
      const state = { bytes, names, list };
      for (let round = 0; round < 10; round++) open(from, state);
      return state;
    },
    js(state) {
      const start = process.hrtime.bigint();
      for (let round = 0; round < ROUNDS; round++) open(from, state);
      return Number(process.hrtime.bigint() - start) / ROUNDS;
    },
    c: { source: 'btf_parse.c', args: ({ list }) => [from, VMLINUX, list, String(ROUNDS)] },
  };
}

function open(from, { bytes, names }) {
  const btf = parseBtf(from === 'file' ? readFileSync(VMLINUX) : bytes);
  let found = 0;
  for (const name of names) if (btf.findByNameAndKind(name, BtfKind.STRUCT) !== undefined) found++;
  if (found !== names.length) throw new Error(`found ${found} of ${names.length} names`);
}

function structNames(btf) {
  const names = [];
  for (let id = btf.startId; id < btf.typeCount; id++) {
    if (btf.kindOf(id) === BtfKind.STRUCT && btf.nameOffset(id) !== 0) names.push(btf.nameOf(id));
  }
  return names;
}

const spread = (names) =>
  Array.from({ length: 100 }, (_, index) => names[Math.floor((index * names.length) / 100)]);
const early = (names) => names.slice(0, 100);
const none = () => [];

/** BTF with `times` as many types as `bytes` (or a part of them), over the same strings. */
function resize(bytes, times) {
  const btf = parseBtf(bytes);
  const start = btf.recordOffset(1);
  const all = bytes.subarray(start, btf.recordEnd(btf.typeCount - 1));
  const last = Math.floor((btf.typeCount - 1) * Math.min(times, 1));
  const part = times >= 1 ? all : bytes.subarray(start, btf.recordEnd(last));
  const copies = Math.max(1, times);
  const strings = btf.strings;
  const result = new Uint8Array(24 + part.length * copies + strings.length);
  result.set(bytes.subarray(0, 8));
  const out = new DataView(result.buffer);
  const le = btf.littleEndian;
  out.setUint32(4, 24, le);
  out.setUint32(8, 0, le);
  out.setUint32(12, part.length * copies, le);
  out.setUint32(16, part.length * copies, le);
  out.setUint32(20, strings.length, le);
  for (let copy = 0; copy < copies; copy++) result.set(part, 24 + part.length * copy);
  result.set(strings, 24 + part.length * copies);
  return { bytes: result, types: last * copies };
}

/** Nanoseconds per type for opening and one look-up. */
function perType({ bytes, types }) {
  const rounds = Math.max(1, Math.ceil(500_000 / types));
  const start = process.hrtime.bigint();
  for (let round = 0; round < rounds; round++) {
    parseBtf(bytes).findByNameAndKind('task_struct', BtfKind.STRUCT);
  }
  return Number(process.hrtime.bigint() - start) / rounds / types;
}

export const cases = [
  openCase('btf/open-100/vmlinux', 'file', spread),
  openCase('btf/open-100-early/vmlinux', 'file', early),
  openCase('btf/open/vmlinux', 'file', none),
  openCase('btf/parse-100/vmlinux', 'memory', spread),
  openCase('btf/parse-100-early/vmlinux', 'memory', early),
  {
    // Time per type at 4 × vmlinux over time per type at 1/8.
    name: 'btf/growth/vmlinux',
    skip,
    setup() {
      const bytes = readFileSync(VMLINUX);
      const state = { small: resize(bytes, 1 / 8), large: resize(bytes, 4) };
      for (let round = 0; round < 3; round++) perType(state.small) + perType(state.large);
      return state;
    },
    ratio: ({ small, large }) => perType(large) / perType(small),
  },
  {
    // Peak memory that reading, opening and 100 look-ups add, over the size of the file.
    name: 'btf/memory/vmlinux',
    skip,
    setup() {
      const bytes = readFileSync(VMLINUX);
      const names = spread(structNames(parseBtf(bytes)));
      return { names, size: bytes.length };
    },
    ratio: ({ names, size }) => {
      const script = `
        import { readFileSync } from 'node:fs';
        import { btfBuilder, BtfKind, parseBtf } from ${JSON.stringify(import.meta.resolve('@libbpf-ts/btf'))};
        const peak = () => Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
        const builder = btfBuilder();
        for (let i = 0; i < 200; i++) builder.struct('s' + i, { size: 0 });
        const small = builder.toBytes();
        for (let i = 0; i < 50; i++) parseBtf(small).findByNameAndKind('s1', BtfKind.STRUCT);
        gc();
        const before = peak();
        const btf = parseBtf(readFileSync('${VMLINUX}'));
        for (const name of ${JSON.stringify(names)}) btf.findByNameAndKind(name, BtfKind.STRUCT);
        console.log(peak() - before);
      `;
      const { stdout } = spawnSync(
        process.execPath,
        ['--expose-gc', '--input-type=module', '-e', script],
        {
          encoding: 'utf8',
        },
      );
      return Number(stdout) / size;
    },
  },
];
