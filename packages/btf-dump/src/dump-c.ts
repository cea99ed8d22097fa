/**
 * A whole BTF as a C header, byte for byte as `bpftool btf dump file FILE format c` of bpftool 7.5 prints it.
 *
 * The header can be included by BPF programs: it records field accesses for relocation (CO-RE), and declares the kernel
 * functions that programs may call.
 */

import { type Btf, BtfKind } from '@libbpf-ts/btf';
import { declarationNamed } from './c-declaration.js';
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
const CHUNK_LENGTH = 1 << 18;
/**
 * Text is put together in pieces of this length: what was joined is only copied into one string when it is handed on, and
 * until then the garbage collector follows all of its parts.
 */
const PIECE_LENGTH = 1 << 15;

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
  const state = createCState(btf, options);
  let pieces: string[] = [];
  let length = 0;
  for (const piece of dump(state, options)) {
    pieces.push(piece);
    length += piece.length;
    if (length < CHUNK_LENGTH) continue;
    yield state.types.toText(pieces.join(''));
    pieces = [];
    length = 0;
  }
  if (length > 0) yield state.types.toText(pieces.join(''));
}

/** Options of {@link dumpCBytes}. */
export interface DumpCBytesOptions extends DumpCOptions {
  /** Chunks share their memory, each is overwritten by the next; false by default: each is the caller's to keep. */
  readonly reuseChunks?: boolean;
}

/** As {@link dumpC}, but bytes, names just as they are in the BTF. */
export function* dumpCBytes(
  btf: Btf,
  options: DumpCBytesOptions = {},
): Generator<Uint8Array, void, undefined> {
  const state = createCState(btf, options);
  let chunk = new Uint8Array(CHUNK_LENGTH);
  let length = 0;
  for (const piece of dump(state, options)) {
    if (length + piece.length > chunk.length) {
      if (length > 0) yield chunk.subarray(0, length);
      if (!options.reuseChunks || piece.length > chunk.length) {
        chunk = new Uint8Array(Math.max(CHUNK_LENGTH, piece.length));
      }
      length = 0;
    }
    state.types.toBytes(piece, chunk.subarray(length));
    length += piece.length;
  }
  if (length > 0) yield chunk.subarray(0, length);
}

function* dump(state: CState, options: DumpCOptions): Generator<string, void, undefined> {
  const { roots, preamble = true, sorted = true, keepFirst = false } = options;
  if (preamble) state.out = PREAMBLE;
  if (roots !== undefined) yield* dumpInOrder(state, checkedIds(roots, state.types.count), 0);
  else if (sorted) yield* dumpSorted(state, keepFirst);
  else yield* dumpInOrder(state, undefined, 1);
  if (preamble) {
    if (roots === undefined) emitKernelFunctions(state);
    state.out += END;
  }
  if (state.out !== '') yield state.take();
}

function* dumpSorted(state: CState, keepFirst: boolean): Generator<string, void, undefined> {
  yield* dumpInOrder(state, firstInOrder(state.types), keepFirst ? 0 : 1);
  yield* dumpInOrder(state, lastInOrder(state), 0);
}

/** Dumps `ids`, or all types by id, from entry `from` on. */
function* dumpInOrder(
  state: CState,
  ids: Uint32Array | undefined,
  from: number,
): Generator<string, void, undefined> {
  const end = ids === undefined ? state.types.count : ids.length;
  for (let next = from; next < end; ) {
    next = dumpUntilFull(state, ids, next, end);
    if (state.out.length >= PIECE_LENGTH) yield state.take();
  }
}

function dumpUntilFull(
  state: CState,
  ids: Uint32Array | undefined,
  from: number,
  end: number,
): number {
  let next = from;
  while (next < end && state.out.length < PIECE_LENGTH) {
    dumpType(state, ids === undefined ? next : ids[next]!);
    next++;
  }
  return next;
}

/** Functions of the kernel that programs may call: those with a declaration tag `bpf_kfunc`. */
function emitKernelFunctions(state: CState): void {
  const { types } = state;
  const { words, at } = types;
  state.out += '\n/* BPF kfuncs */\n#ifndef BPF_NO_KFUNC_PROTOTYPES\n';
  for (const id of types.tags) {
    if (words[at[id]! + 3] !== 0xffff_ffff) continue;
    const tagged = types.sizeOrType(id);
    if (types.kind(tagged) !== BtfKind.FUNC) continue;
    if (types.string(types.name(id)) !== 'bpf_kfunc') continue;
    const prototype = types.sizeOrType(tagged);
    state.out += `extern ${declarationNamed(state, prototype, types.name(tagged), 0, 0)} __weak __ksym;\n`;
  }
  state.out += '#endif\n\n';
}

function checkedIds(roots: readonly number[], count: number): Uint32Array {
  for (const id of roots) {
    if (Number.isInteger(id) && id >= 0 && id < count) continue;
    throw new RangeError(`options.roots: found ${id}, expected type ids in 0..${count - 1}`);
  }
  return Uint32Array.from(roots);
}
