/**
 * The object's BTF as the running kernel will take it.
 *
 * Kernels refuse BTF that holds a kind they do not know. Every such type is replaced, in place and with the same size of record, by
 * one that old kernels know and that keeps ids, names and layout right; nothing in the verifier depends on the difference.
 * The replacements are libbpf's (bpf_object__sanitize_btf).
 *
 * A section about the layout of records is left out: kernels before 7.2 refuse it, and those that know every kind have no use for it.
 * `.ksyms` is rewritten for every kernel: its entries are functions and variables without size, which no kernel accepts.
 */

import { type Btf, BtfKind } from '@libbpf-ts/btf';
import type { ObjectSpec, ProgramSpec } from '../open/object-spec.js';
import { contextFunctions } from './arg-context.js';
import { type FeatureName, hasFeature } from './features.js';

/** Bytes of the header that every kernel knows. */
const HEADER_SIZE = 24;
const LINKAGE_STATIC = 0;
const LINKAGE_GLOBAL = 1;

/** The object's BTF as it goes to the kernel. */
export interface KernelBtfImage {
  readonly bytes: Uint8Array;
  /** For a type of program: FUNC in the object's BTF → the one that describes it to this kernel, where that is another. */
  readonly functions: ReadonlyMap<number, ReadonlyMap<number, number>>;
}

/**
 * The object's BTF for `bpf(BPF_BTF_LOAD)`.
 *
 * @param programs - those that will be loaded
 */
export function btfForKernel(
  spec: ObjectSpec,
  btf: Btf,
  programs: Iterable<ProgramSpec> = [],
  has: (feature: FeatureName) => boolean = hasFeature,
): KernelBtfImage {
  const image = new BtfImage(btf);
  const ksyms = btf.findByNameAndKind('.ksyms', BtfKind.DATASEC);
  if (ksyms !== undefined) fixKsyms(image, ksyms, has('btfDatasec'));
  const kconfig = btf.findByNameAndKind('.kconfig', BtfKind.DATASEC);
  if (kconfig !== undefined) fixKconfig(image, kconfig, spec);
  for (const code of spec.subprograms) {
    // Hidden functions are verified as part of their callers, as static ones are.
    if (!code.isGlobal && code.btfFuncId !== 0 && image.vlen(code.btfFuncId) === LINKAGE_GLOBAL) {
      image.setInfo(code.btfFuncId, BtfKind.FUNC, LINKAGE_STATIC);
    }
  }
  replaceUnknownKinds(image, has);
  const functions = describeContexts(image, spec, programs, has);
  return { bytes: image.toBytes(), functions };
}

/** Describes functions that take the context by a tag once more, by the name of its struct, for kernels that know no such tag. */
function describeContexts(
  image: BtfImage,
  spec: ObjectSpec,
  programs: Iterable<ProgramSpec>,
  has: (feature: FeatureName) => boolean,
): Map<number, Map<number, number>> {
  const renamed = new Map<number, Map<number, number>>();
  const wanted = contextFunctions(spec, programs);
  if (wanted.size === 0 || has('argCtxTag')) return renamed;
  for (const [type, functions] of wanted) {
    const ids = new Map<number, number>();
    const pointer = image.addPointer(image.addStruct(functions[0]!.context));
    for (const { functionId, parameters } of functions)
      ids.set(functionId, image.cloneFunction(functionId, parameters, pointer));
    renamed.set(type, ids);
  }
  return renamed;
}

function replaceUnknownKinds(image: BtfImage, has: (feature: FeatureName) => boolean): void {
  const { btf } = image;
  let union: number | undefined;
  const last = btf.typeCount;
  for (let id = btf.startId; id < last; id++) {
    const kind = btf.kindOf(id);
    const vlen = image.vlen(id);
    if (
      (kind === BtfKind.VAR && !has('btfDatasec')) ||
      (kind === BtfKind.DECL_TAG && !has('btfDeclTag'))
    ) {
      image.setInfo(id, BtfKind.INT, 0);
      image.setSizeOrType(id, 1);
      image.setWord(id, 0, 8);
    } else if (kind === BtfKind.DATASEC && !has('btfDatasec')) {
      datasecToStruct(image, id, vlen);
    } else if (
      kind === BtfKind.DATASEC &&
      btf.nameOf(id).startsWith('?') &&
      !has('btfQmarkDatasec')
    ) {
      image.setName(id, btf.nameOf(id).replace(/[^A-Za-z0-9_.]/g, '_'));
    } else if (kind === BtfKind.FUNC_PROTO && !has('btfFunc')) {
      image.setInfo(id, BtfKind.ENUM, vlen);
      image.setSizeOrType(id, 4);
    } else if (kind === BtfKind.FUNC && !has('btfFunc')) {
      image.setInfo(id, BtfKind.TYPEDEF, 0);
    } else if (kind === BtfKind.FUNC && vlen !== LINKAGE_STATIC && !has('btfGlobalFunc')) {
      image.setInfo(id, BtfKind.FUNC, LINKAGE_STATIC);
    } else if (kind === BtfKind.FLOAT && !has('btfFloat')) {
      image.setName(id, '');
      image.setInfo(id, BtfKind.STRUCT, 0);
    } else if (kind === BtfKind.TYPE_TAG && !has('btfTypeTag')) {
      image.setName(id, '');
      image.setInfo(id, BtfKind.CONST, 0);
    } else if (kind === BtfKind.ENUM64 && !has('btfEnum64')) {
      union ??= image.addInt('enum64_placeholder', 1);
      image.setInfo(id, BtfKind.UNION, vlen);
      for (let index = 0; index < vlen; index++) {
        image.setWord(id, 3 * index + 1, union);
        image.setWord(id, 3 * index + 2, 0);
      }
    } else if (kind === BtfKind.ENUM && !has('btfEnum64')) {
      // The flag that says "signed" came together with 64-bit enums.
      image.setInfo(id, BtfKind.ENUM, vlen);
    }
  }
}

function datasecToStruct(image: BtfImage, id: number, vlen: number): void {
  const { btf } = image;
  image.setInfo(id, BtfKind.STRUCT, vlen);
  image.setName(id, btf.nameOf(id).replace(/[^A-Za-z0-9_]/g, '_'));
  for (let index = 0; index < vlen; index++) {
    const variable = image.word(id, 3 * index);
    const offset = image.word(id, 3 * index + 1);
    image.setWord(id, 3 * index, image.nameOffset(variable));
    image.setWord(id, 3 * index + 1, variable);
    image.setWord(id, 3 * index + 2, offset * 8);
  }
}

/** Functions of `.ksyms` become a dummy variable, its variables ints, laid out one after the other. */
function fixKsyms(image: BtfImage, datasec: number, hasVariables: boolean): void {
  const { btf } = image;
  const int = findInt(btf) ?? image.addInt('int', 4);
  let dummy: number | undefined;
  const count = image.vlen(datasec);
  for (let index = 0; index < count; index++) {
    const type = image.word(datasec, 3 * index);
    if (btf.kindOf(type) === BtfKind.FUNC) {
      dummy ??= hasVariables ? image.addVariable('dummy_ksym', int) : image.addInt('dummy_ksym', 4);
      image.setInfo(type, BtfKind.FUNC, LINKAGE_GLOBAL);
      image.nameParameters(btf.sizeOrType(type));
      image.setWord(datasec, 3 * index, dummy);
    } else {
      image.setWord(type, 0, LINKAGE_GLOBAL);
      // Whatever it is in the kernel: here it has the four bytes that the section gives it.
      image.setSizeOrType(type, int);
    }
    image.setWord(datasec, 3 * index + 1, 4 * index);
    image.setWord(datasec, 3 * index + 2, 4);
  }
  image.setSizeOrType(datasec, 4 * count);
}

/** `.kconfig` gets the layout that its map has, in the order of offsets. */
function fixKconfig(image: BtfImage, datasec: number, spec: ObjectSpec): void {
  const map = spec.maps.find(({ origin }) => origin === 'kconfig');
  if (map === undefined) return;
  for (const [index, { typeId, offset, size }] of map.variables.entries()) {
    image.setWord(typeId, 0, LINKAGE_GLOBAL);
    image.setWord(datasec, 3 * index, typeId);
    image.setWord(datasec, 3 * index + 1, offset);
    image.setWord(datasec, 3 * index + 2, size);
  }
  image.setInfo(datasec, BtfKind.DATASEC, map.variables.length);
  image.setSizeOrType(datasec, map.valueSize);
}

function findInt(btf: Btf): number | undefined {
  for (let id = btf.startId; id < btf.typeCount; id++) {
    if (btf.kindOf(id) === BtfKind.INT && btf.sizeOf(id) === 4) return id;
  }
  return undefined;
}

/** A copy of a BTF's bytes that records can be rewritten in, types and names added to. */
class BtfImage {
  readonly btf: Btf;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #little: boolean;
  readonly #addedTypes: number[] = [];
  readonly #addedNameOffsets = new Map<number, number>();
  #addedCount = 0;
  #addedNames = '';
  readonly #typesEnd: number;
  readonly #namesStart: number;
  readonly #namesLength: number;

  constructor(btf: Btf) {
    this.btf = btf;
    this.#bytes = btf.bytes.slice();
    this.#view = new DataView(this.#bytes.buffer);
    this.#little = btf.littleEndian;
    const header = this.#read(4);
    this.#typesEnd = header + this.#read(8) + this.#read(12);
    this.#namesStart = header + this.#read(16);
    this.#namesLength = this.#read(20);
  }

  #read(offset: number): number {
    return this.#view.getUint32(offset, this.#little);
  }

  vlen(id: number): number {
    return this.#read(this.btf.recordOffset(id) + 4) & 0xffff;
  }
  setInfo(id: number, kind: number, vlen: number): void {
    const at = this.btf.recordOffset(id) + 4;
    const flag =
      kind === BtfKind.UNION || kind === BtfKind.STRUCT || kind === BtfKind.ENUM
        ? 0
        : this.#read(at) & 0x8000_0000;
    this.#view.setUint32(at, (flag | (kind << 24) | vlen) >>> 0, this.#little);
  }
  setSizeOrType(id: number, value: number): void {
    this.#view.setUint32(this.btf.recordOffset(id) + 8, value, this.#little);
  }
  /** 32-bit words behind the record's 12 bytes of header. */
  word(id: number, index: number): number {
    return this.#read(this.btf.recordOffset(id) + 12 + 4 * index);
  }
  setWord(id: number, index: number, value: number): void {
    this.#view.setUint32(this.btf.recordOffset(id) + 12 + 4 * index, value, this.#little);
  }
  setName(id: number, name: string): void {
    this.#view.setUint32(
      this.btf.recordOffset(id),
      name === '' ? 0 : this.#addName(name),
      this.#little,
    );
  }
  /** Parameters without names are refused in functions with BTF: give them one. */
  nameParameters(funcProto: number): void {
    const at = this.btf.recordOffset(funcProto) + 12;
    for (let index = 0; index < this.vlen(funcProto); index++) {
      const isVariadic = this.#read(at + 8 * index + 4) === 0;
      if (this.#read(at + 8 * index) === 0 && !isVariadic)
        this.#view.setUint32(at + 8 * index, this.#addName('arg'), this.#little);
    }
  }
  addInt(name: string, size: number): number {
    return this.#addType([this.#addName(name), BtfKind.INT << 24, size, (1 << 24) | (size * 8)]);
  }
  addPointer(type: number): number {
    return this.#addType([0, BtfKind.PTR << 24, type]);
  }
  /** Without members: its name is all that counts. */
  addStruct(name: string): number {
    return this.#addType([this.#addName(name), BtfKind.STRUCT << 24, 0]);
  }
  /** A copy of a FUNC and its prototype, some of whose parameters are of another type. */
  cloneFunction(id: number, parameters: ReadonlySet<number>, parameterType: number): number {
    const prototype = this.btf.sizeOrType(id);
    const count = this.vlen(prototype);
    const words = [0, (BtfKind.FUNC_PROTO << 24) | count, this.btf.sizeOrType(prototype)];
    for (let index = 0; index < count; index++) {
      const type = parameters.has(index) ? parameterType : this.word(prototype, 2 * index + 1);
      words.push(this.word(prototype, 2 * index), type);
    }
    const clone = this.#addType(words);
    return this.#addType([this.btf.nameOffset(id), (BtfKind.FUNC << 24) | this.vlen(id), clone]);
  }
  addVariable(name: string, type: number): number {
    return this.#addType([this.#addName(name), BtfKind.VAR << 24, type, LINKAGE_GLOBAL]);
  }
  /** Of types that were added, too. */
  nameOffset(id: number): number {
    return this.#addedNameOffsets.get(id) ?? this.#read(this.btf.recordOffset(id));
  }
  #addType(words: readonly number[]): number {
    this.#addedTypes.push(...words);
    this.#addedNameOffsets.set(this.btf.typeCount + this.#addedCount, words[0]!);
    return this.btf.typeCount + this.#addedCount++;
  }
  #addName(name: string): number {
    const offset = this.#namesLength + this.#addedNames.length;
    this.#addedNames += `${name}\0`;
    return offset;
  }

  toBytes(): Uint8Array {
    const header = this.#read(4);
    if (this.#addedTypes.length === 0 && this.#addedNames === '' && header <= HEADER_SIZE)
      return this.#bytes;
    const names = new TextEncoder().encode(this.#addedNames);
    const types = new DataView(new ArrayBuffer(4 * this.#addedTypes.length));
    for (const [index, word] of this.#addedTypes.entries())
      types.setUint32(4 * index, word, this.#little);
    const oldTypes = this.#bytes.subarray(header + this.#read(8), this.#typesEnd);
    const oldNames = this.#bytes.subarray(this.#namesStart, this.#namesStart + this.#namesLength);

    const typesLength = oldTypes.length + types.byteLength;
    const out = new Uint8Array(HEADER_SIZE + typesLength + oldNames.length + names.length);
    out.set(this.#bytes.subarray(0, HEADER_SIZE));
    out.set(oldTypes, HEADER_SIZE);
    out.set(new Uint8Array(types.buffer), HEADER_SIZE + oldTypes.length);
    out.set(oldNames, HEADER_SIZE + typesLength);
    out.set(names, HEADER_SIZE + typesLength + oldNames.length);
    const view = new DataView(out.buffer);
    for (const [offset, value] of [
      [4, HEADER_SIZE],
      [8, 0],
      [12, typesLength],
      [16, typesLength],
      [20, oldNames.length + names.length],
    ] as const) {
      view.setUint32(offset, value, this.#little);
    }
    return out;
  }
}
