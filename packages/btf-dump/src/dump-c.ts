/**
 * A whole BTF as a C header, byte for byte as `bpftool btf dump file FILE format c` of bpftool 7.5 prints it.
 *
 * The header can be included by BPF programs: it records field accesses for relocation (CO-RE), and declares the kernel
 * functions that programs may call.
 */

import { type Btf, BtfKind } from '@libbpf-ts/btf';
import { emitDeclaration } from './c-declaration.js';
import { createCState, dumpType } from './c-dumper.js';
import { firstInOrder, lastInOrder } from './c-sort.js';
import type { CState } from './c-state.js';

/** Options of {@link dumpC} and {@link dumpCBytes}. */
export interface DumpCOptions {
  /** bpftool's default order; false for its `unsorted`, which asks for the types in id order. True by default. */
  readonly sorted?: boolean;
  /** Print these types and what they need, in this order, and no prototypes of kernel functions; all types by default. */
  readonly roots?: readonly number[];
  /**
   * Include guard, relocation pragma and macros around the types; true by default. Without them there are no prototypes
   * of kernel functions either.
   */
  readonly preamble?: boolean;
  /**
   * A sorted dump of bpftool 7.5 never asks for the type that comes first in its order, so that it is missing unless
   * something else needs it. False by default: the same here. True asks for it.
   */
  readonly keepFirst?: boolean;
  /** Largest text of one type with what it needs; see {@link CDumperOptions.maxBytes}. */
  readonly maxBytes?: number;
}

/** Text is handed out when there is at least this much of it. */
const CHUNK_BYTES = 1 << 18;

const PREAMBLE = `#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif

#ifndef __ksym
#define __ksym __attribute__((section(".ksyms")))
#endif

#ifndef __weak
#define __weak __attribute__((weak))
#endif

`;

const END = `#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

#endif /* __VMLINUX_H__ */
`;

/**
 * The types of `btf`, its bases included, as C, in chunks of some 256 KiB that end with a line. Bytes of names that are
 * not UTF-8 become U+FFFD; {@link dumpCBytes} keeps them.
 *
 * @throws {@link BtfDumpError} `BTF_DUMP_CYCLE`, `BTF_DUMP_TOO_DEEP`, `BTF_DUMP_TOO_LARGE`; {@link BtfError} if a type
 *   refers to an id or a string that does not exist; RangeError for a root that is no type id
 */
export function* dumpC(btf: Btf, options: DumpCOptions = {}): Generator<string, void, undefined> {
  const decoder = new TextDecoder();
  for (const chunk of dumpCBytes(btf, options)) yield decoder.decode(chunk);
}

/** As {@link dumpC}, but bytes: a third faster, and names stay as they are. Each chunk is the caller's to keep. */
export function* dumpCBytes(
  btf: Btf,
  options: DumpCOptions = {},
): Generator<Uint8Array, void, undefined> {
  const { roots, preamble = true } = options;
  const state = createCState(btf, options);
  const { text } = state;
  if (preamble) text.ascii(PREAMBLE);
  if (roots !== undefined) yield* dumpInOrder(state, checkedIds(roots, btf.typeCount), 0);
  else if (options.sorted ?? true) yield* dumpSorted(state, options.keepFirst ?? false);
  else yield* dumpInOrder(state, undefined, 1);
  if (preamble) {
    if (roots === undefined) emitKernelFunctions(state);
    text.ascii(END);
  }
  if (text.length > 0) yield text.take();
}

function* dumpSorted(state: CState, keepFirst: boolean): Generator<Uint8Array> {
  yield* dumpInOrder(state, firstInOrder(state.types), keepFirst ? 0 : 1);
  yield* dumpInOrder(state, lastInOrder(state), 0);
}

/** Dumps `ids`, or all types by id, from entry `from` on. */
function* dumpInOrder(
  state: CState,
  ids: Uint32Array | undefined,
  from: number,
): Generator<Uint8Array> {
  const end = ids === undefined ? state.types.count : ids.length;
  for (let next = from; next < end; ) {
    next = dumpUntilFull(state, ids, next, end);
    if (state.text.length >= CHUNK_BYTES) yield state.text.take();
  }
}

function dumpUntilFull(
  state: CState,
  ids: Uint32Array | undefined,
  from: number,
  end: number,
): number {
  let next = from;
  while (next < end && state.text.length < CHUNK_BYTES) {
    dumpType(state, ids === undefined ? next : ids[next]!);
    next++;
  }
  return next;
}

/** Functions of the kernel that programs may call: those with a declaration tag `bpf_kfunc`. */
function emitKernelFunctions(state: CState): void {
  const { text, types } = state;
  const { words, at } = types;
  text.ascii('\n/* BPF kfuncs */\n#ifndef BPF_NO_KFUNC_PROTOTYPES\n');
  for (let id = 1; id < types.count; id++) {
    if (types.kind(id) !== BtfKind.DECL_TAG || words[at[id]! + 3] !== 0xffff_ffff) continue;
    const tagged = types.sizeOrType(id);
    if (types.kind(tagged) !== BtfKind.FUNC || !types.nameIs(id, 'bpf_kfunc')) continue;
    text.ascii('extern ');
    emitDeclaration(state, types.sizeOrType(tagged), types.name(tagged), 0, 0);
    text.ascii(' __weak __ksym;\n');
  }
  text.ascii('#endif\n\n');
}

function checkedIds(roots: readonly number[], count: number): Uint32Array {
  for (const id of roots) {
    if (Number.isInteger(id) && id >= 0 && id < count) continue;
    throw new RangeError(`options.roots: found ${id}, expected type ids in 0..${count - 1}`);
  }
  return Uint32Array.from(roots);
}
