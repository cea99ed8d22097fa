/**
 * A BTF and its bases as one array of 32-bit words and one array of string bytes.
 *
 * Printing a kernel's BTF visits a million records. Objects per type would take longer to make than everything else takes,
 * so the printers read the records as they lie in the section: word 0 is `name_off`, word 1 `info`, word 2 `size` or
 * `type`, then what the kind adds (linux/include/uapi/linux/btf.h). The section is copied once, which puts the words of a
 * split BTF behind those of its base, aligns them, and brings big-endian input into host order. String offsets of a split
 * BTF count on from its base's strings, so both arrays keep one numbering.
 *
 * `parseBtf` has checked that every record is complete; that the ids and string offsets inside are in range is checked here,
 * in the pass that also notes where each record starts and which types others refer to. After that nothing is out of
 * range. How types nest is not checked: whoever walks them bounds the walk.
 *
 * Sizes and alignments follow libbpf 1.5 (btf.c: btf__resolve_size, btf__align_of).
 */

import { type Btf, BtfKind } from '@libbpf-ts/btf';
import { BtfDumpError } from './errors.js';

/** Deepest nesting of types that is followed; the kernel's own types stay below 40. */
export const MAX_DEPTH = 512;
/** libbpf gives up on the size of a chain longer than this (MAX_RESOLVE_DEPTH). */
const MAX_SIZE_CHAIN = 32;
const UNKNOWN = -1;

/** The records of a BTF, its bases included, by type id. */
export class TypeTable {
  /** One past the highest id, as `Btf.typeCount`. */
  readonly count: number;
  /** First id of the BTF itself; those below are its base's. */
  readonly startId: number;
  readonly pointerSize: number;
  readonly words: Uint32Array;
  /** Word index of each type's record; unused for id 0. */
  readonly at: Uint32Array;
  /** All strings, NUL-terminated; the names' offsets point here. */
  readonly strings: Uint8Array;
  /** 1 for each type that another one refers to. */
  readonly referenced: Uint8Array;
  readonly #btf: Btf;
  readonly #aligns: Int8Array;

  /** @throws {@link BtfError} for an id or a string offset that is out of range */
  constructor(btf: Btf) {
    const layers = layersOf(btf);
    let wordCount = 0;
    let stringBytes = 0;
    for (const layer of layers) {
      wordCount += layer.types.length >>> 2;
      stringBytes += layer.strings.length;
    }
    this.#btf = btf;
    this.count = btf.typeCount;
    this.startId = btf.startId;
    this.pointerSize = btf.pointerSize;
    this.words = new Uint32Array(wordCount);
    this.strings = new Uint8Array(stringBytes + 1);
    this.at = new Uint32Array(this.count);
    this.referenced = new Uint8Array(this.count);
    this.#aligns = new Int8Array(this.count).fill(UNKNOWN);
    wordCount = 0;
    stringBytes = 0;
    for (const layer of layers) {
      copyWords(this.words, wordCount, layer.types, layer.littleEndian);
      this.strings.set(layer.strings, stringBytes);
      wordCount += layer.types.length >>> 2;
      stringBytes += layer.strings.length;
    }
    this.#indexRecords();
  }

  /** 0 (void) for id 0. */
  kind(id: number): number {
    return id === 0 ? BtfKind.VOID : (this.words[this.at[id]! + 1]! >>> 24) & 0x7f;
  }

  /** Offset into {@link strings}; 0 for an anonymous type. */
  name(id: number): number {
    return id === 0 ? 0 : this.words[this.at[id]!]!;
  }

  /** Members, enumerators, parameters or variables. */
  vlen(id: number): number {
    return this.words[this.at[id]! + 1]! & 0xff_ffff;
  }

  kindFlag(id: number): boolean {
    return this.words[this.at[id]! + 1]! >>> 31 === 1;
  }

  /** The third word: bytes of a sized type, the id that a reference leads to. */
  sizeOrType(id: number): number {
    return this.words[this.at[id]! + 2]!;
  }

  /** The string at `offset`. */
  string(offset: number): string {
    const { strings } = this;
    let end = offset;
    while (strings[end] !== 0) end++;
    return new TextDecoder().decode(strings.subarray(offset, end));
  }

  /** Whether the type is called `text`, which is ASCII. */
  nameIs(id: number, text: string): boolean {
    const { strings } = this;
    const start = this.name(id);
    for (let i = 0; i < text.length; i++)
      if (strings[start + i] !== text.charCodeAt(i)) return false;
    return strings[start + text.length] === 0;
  }

  /** `struct task_struct`-like description for messages. */
  describe(id: number): string {
    const name = this.string(this.name(id));
    const kind = KIND_NAMES[this.kind(id)] ?? 'type';
    return name === '' ? `anonymous ${kind}` : `${kind} "${name}"`;
  }

  /** Bytes of a value, or -1 where libbpf has no answer (void, function, a forward declaration, a chain over 32 long). */
  size(id: number): number {
    let elements = 1;
    let current = id;
    for (let depth = 0; depth < MAX_SIZE_CHAIN && current !== 0; depth++) {
      const at = this.at[current]!;
      const word = this.words[at + 2]!;
      let size: number;
      switch ((this.words[at + 1]! >>> 24) & 0x7f) {
        case BtfKind.INT:
        case BtfKind.STRUCT:
        case BtfKind.UNION:
        case BtfKind.ENUM:
        case BtfKind.ENUM64:
        case BtfKind.DATASEC:
        case BtfKind.FLOAT:
          size = word;
          break;
        case BtfKind.PTR:
          size = this.pointerSize;
          break;
        case BtfKind.TYPEDEF:
        case BtfKind.VOLATILE:
        case BtfKind.CONST:
        case BtfKind.RESTRICT:
        case BtfKind.VAR:
        case BtfKind.DECL_TAG:
        case BtfKind.TYPE_TAG:
          current = word;
          continue;
        case BtfKind.ARRAY:
          elements *= this.words[at + 5]!;
          if (elements > 0xffff_ffff) return -1;
          current = this.words[at + 3]!;
          continue;
        default:
          return -1;
      }
      return elements * size > 0xffff_ffff ? -1 : elements * size;
    }
    return -1;
  }

  /**
   * Alignment in bytes as libbpf derives it: at most a pointer's; 1 for a struct whose layout is only possible packed; 0
   * where there is none (void, function, a forward declaration, a struct that holds one of these).
   */
  align(id: number): number {
    return this.#align(id, 0);
  }

  /** The type behind const, volatile, restrict, type tags and typedefs. */
  resolve(id: number): number {
    let current = id;
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      switch (this.kind(current)) {
        case BtfKind.TYPEDEF:
        case BtfKind.VOLATILE:
        case BtfKind.CONST:
        case BtfKind.RESTRICT:
        case BtfKind.TYPE_TAG:
          current = this.sizeOrType(current);
          break;
        default:
          return current;
      }
    }
    throw new BtfDumpError('BTF_DUMP_TOO_DEEP', { typeId: id, limit: MAX_DEPTH });
  }

  #align(id: number, depth: number): number {
    if (id === 0) return 0;
    const known = this.#aligns[id]!;
    if (known !== UNKNOWN) return known;
    if (depth > MAX_DEPTH) {
      const typeName = this.describe(id);
      throw new BtfDumpError('BTF_DUMP_TOO_DEEP', { typeId: id, typeName, limit: MAX_DEPTH });
    }
    const align = this.#computeAlign(id, depth);
    this.#aligns[id] = align;
    return align;
  }

  #computeAlign(id: number, depth: number): number {
    const at = this.at[id]!;
    const word = this.words[at + 2]!;
    switch ((this.words[at + 1]! >>> 24) & 0x7f) {
      case BtfKind.INT:
      case BtfKind.ENUM:
      case BtfKind.ENUM64:
      case BtfKind.FLOAT:
        return Math.min(word, this.pointerSize);
      case BtfKind.PTR:
        return this.pointerSize;
      case BtfKind.TYPEDEF:
      case BtfKind.VOLATILE:
      case BtfKind.CONST:
      case BtfKind.RESTRICT:
      case BtfKind.TYPE_TAG:
        return this.#align(word, depth + 1);
      case BtfKind.ARRAY:
        return this.#align(this.words[at + 3]!, depth + 1);
      case BtfKind.STRUCT:
      case BtfKind.UNION:
        return this.#alignOfComposite(at, depth);
      default:
        return 0;
    }
  }

  #alignOfComposite(at: number, depth: number): number {
    const { words } = this;
    const info = words[at + 1]!;
    const bitFields = info >>> 31 === 1;
    const end = at + 3 + (info & 0xff_ffff) * 3;
    let widest = 1;
    for (let member = at + 3; member < end; member += 3) {
      const align = this.#align(words[member + 1]!, depth + 1);
      if (align === 0) return 0;
      if (align > widest) widest = align;
      const offset = words[member + 2]!;
      if (bitFields && offset >>> 24 !== 0) continue;
      if (offset % (8 * align) !== 0) return 1;
    }
    return words[at + 2]! % widest === 0 ? widest : 1;
  }

  /** Finds the records, checks what they refer to and notes that. */
  #indexRecords(): void {
    const { words, at, count, referenced } = this;
    const stringsEnd = this.strings.length - 1;
    let record = 0;
    for (let id = 1; id < count; id++) {
      at[id] = record;
      const info = words[record + 1]!;
      const kind = (info >>> 24) & 0x7f;
      const first = record + 3;
      const step = WORDS_PER_ITEM[kind]!;
      const end = first + (info & 0xff_ffff) * step;
      let good = words[record]! < stringsEnd;
      if (HAS_TYPE[kind] === 1) good = mark(referenced, words[record + 2]!) && good;
      if (kind === BtfKind.ARRAY) {
        good = mark(referenced, words[first]!) && mark(referenced, words[first + 1]!) && good;
      }
      if (step !== 0) {
        const typeWord = TYPE_WORD_OF_ITEM[kind]!;
        const named = kind !== BtfKind.DATASEC;
        for (let item = first; item < end; item += step) {
          if (named && words[item]! >= stringsEnd) good = false;
          if (typeWord !== NO_TYPE && !mark(referenced, words[item + typeWord]!)) good = false;
        }
      }
      if (!good) this.#refuse(id);
      record = end + EXTRA_WORDS[kind]!;
    }
  }

  /** Reading the type for itself finds what is wrong, and says it best. */
  #refuse(id: number): never {
    this.#btf.type(id);
    throw new Error(`BTF type ${id}: refused for no reason that reading it finds`);
  }
}

/** Notes that `id` is referred to; false if there is no such type. */
function mark(referenced: Uint8Array, id: number): boolean {
  if (id >= referenced.length) return false;
  referenced[id] = 1;
  return true;
}

/** Words of each member, enumerator, parameter or variable, by kind. */
const WORDS_PER_ITEM = new Uint8Array(128);
WORDS_PER_ITEM[BtfKind.STRUCT] = 3;
WORDS_PER_ITEM[BtfKind.UNION] = 3;
WORDS_PER_ITEM[BtfKind.ENUM] = 2;
WORDS_PER_ITEM[BtfKind.FUNC_PROTO] = 2;
WORDS_PER_ITEM[BtfKind.DATASEC] = 3;
WORDS_PER_ITEM[BtfKind.ENUM64] = 3;

const NO_TYPE = 9;
/** Which word of an item is a type id, by kind. */
const TYPE_WORD_OF_ITEM = new Uint8Array(128).fill(NO_TYPE);
TYPE_WORD_OF_ITEM[BtfKind.STRUCT] = 1;
TYPE_WORD_OF_ITEM[BtfKind.UNION] = 1;
TYPE_WORD_OF_ITEM[BtfKind.FUNC_PROTO] = 1;
TYPE_WORD_OF_ITEM[BtfKind.DATASEC] = 0;

/** 1 for kinds whose third word is a type id. */
const HAS_TYPE = new Uint8Array(128);
for (const kind of [
  BtfKind.PTR,
  BtfKind.TYPEDEF,
  BtfKind.VOLATILE,
  BtfKind.CONST,
  BtfKind.RESTRICT,
  BtfKind.FUNC,
  BtfKind.FUNC_PROTO,
  BtfKind.VAR,
  BtfKind.DECL_TAG,
  BtfKind.TYPE_TAG,
]) {
  HAS_TYPE[kind] = 1;
}

/** Words that a record of this kind has after its first three whatever its length says. */
const EXTRA_WORDS = new Uint8Array(128);
EXTRA_WORDS[BtfKind.INT] = 1;
EXTRA_WORDS[BtfKind.ARRAY] = 3;
EXTRA_WORDS[BtfKind.VAR] = 1;
EXTRA_WORDS[BtfKind.DECL_TAG] = 1;

const KIND_NAMES: readonly string[] = (Object.keys(BtfKind) as (keyof typeof BtfKind)[])
  .sort((a, b) => BtfKind[a] - BtfKind[b])
  .map((name) => name.toLowerCase());

interface Layer {
  readonly types: Uint8Array;
  readonly strings: Uint8Array;
  readonly littleEndian: boolean;
}

/** The sections of the base of all bases first. */
function layersOf(btf: Btf): Layer[] {
  const layers: Layer[] = [];
  for (let layer: Btf | undefined = btf; layer !== undefined; layer = layer.base) {
    const { bytes, littleEndian, strings, startId, typeCount } = layer;
    const types =
      typeCount > startId
        ? bytes.subarray(layer.recordOffset(startId), layer.recordEnd(typeCount - 1))
        : bytes.subarray(0, 0);
    layers.unshift({ types, strings, littleEndian });
  }
  return layers;
}

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

function copyWords(to: Uint32Array, start: number, from: Uint8Array, littleEndian: boolean): void {
  const end = start + (from.length >>> 2);
  new Uint8Array(to.buffer).set(from.subarray(0, (end - start) * 4), start * 4);
  if (littleEndian === HOST_IS_LITTLE_ENDIAN) return;
  const view = new DataView(to.buffer);
  for (let i = start; i < end; i++) to[i] = view.getUint32(i * 4, !HOST_IS_LITTLE_ENDIAN);
}
