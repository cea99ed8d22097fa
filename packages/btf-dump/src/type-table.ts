/**
 * A BTF and its bases as one array of 32-bit words and one string.
 *
 * Printing a kernel's BTF visits half a million records and members. Objects for them would take longer to make than
 * everything else takes, so the printers read the records as they lie in the section: word 0 is `name_off`, word 1 `info`,
 * word 2 `size` or `type`, then what the kind adds (linux/include/uapi/linux/btf.h). Where the bytes allow it the words
 * are a view of them; a split BTF, whose words and strings continue its base's, and one of the other byte order are copied.
 *
 * All strings are one string with a character per byte, so that a name is a slice of it and text that is written as Latin-1
 * has the very bytes of the BTF. This is what makes printing quick in a process that has just started: slicing and joining
 * strings is machine code from the first call on, while a loop over bytes is interpreted until the compiler gets to it,
 * which takes longer than printing a kernel.
 *
 * `parseBtf` has checked that every record is complete, not the ids and string offsets inside. A string offset is checked
 * where the string is taken. An id that is out of range has no record, which reads as `void`; whoever visits a type for
 * the first time asks {@link TypeTable.check}. How types nest is not checked: whoever walks them bounds the walk.
 *
 * Sizes and alignments follow libbpf 1.5 (btf.c: btf__resolve_size, btf__align_of).
 */

import { type Btf, BtfKind } from '@libbpf-ts/btf';
import { BtfDumpError } from './errors.js';
import { indexRecords } from './record-index.js';

const { VOID } = BtfKind;

/** Deepest nesting of types that is followed; the kernel's own types stay below 40. */
export const MAX_DEPTH = 512;
/** libbpf gives up on the size of a chain longer than this (MAX_RESOLVE_DEPTH). */
const MAX_SIZE_CHAIN = 32;
/** Added to the alignment of a struct that must be packed. */
const PACKED = 64;
/** Set in an alignment that was worked out. */
const KNOWN = 128;

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
  /** All strings, each with a NUL behind it, a character per byte; the names' offsets point here. */
  readonly strings: string;
  /** The same as bytes. */
  readonly stringBytes: Uint8Array;
  /** Whether all of them are ASCII, so that {@link strings} is text, not only bytes. */
  readonly isAscii: boolean;
  /** 1 for each type that another one refers to. */
  readonly referenced: Uint8Array;
  /** Ids of everything that has a definition, or may lead to one by its own name: no functions, no prototypes. */
  readonly candidates: Uint32Array;
  /** Ids of types without a definition of their own that lead to others: pointers, prototypes, anonymous structs. */
  readonly links: Uint32Array;
  /** Ids of the declaration tags. */
  readonly tags: readonly number[];
  readonly #btf: Btf;
  /** What {@link size} gives, plus 2; 0 where that was not worked out yet, or does not fit. */
  readonly sizes: Uint32Array;
  /** With {@link KNOWN} and {@link PACKED}; 0 where not worked out. */
  readonly #aligns: Uint8Array;

  constructor(btf: Btf) {
    const layers = layersOf(btf);
    this.#btf = btf;
    this.count = btf.typeCount;
    this.startId = btf.startId;
    this.pointerSize = btf.pointerSize;
    this.words = wordsOf(layers);
    const texts = layers.map((layer) => asciiOf(layer.strings));
    this.isAscii = !texts.includes(undefined);
    const [first = '', ...more] = texts.map((text, i) => text ?? binaryOf(layers[i]!.strings));
    this.strings = more.length === 0 ? first : [first, ...more].join('');
    this.stringBytes = joined(layers.map((layer) => layer.strings));
    this.#aligns = new Uint8Array(this.count);
    this.sizes = new Uint32Array(this.count);
    const index = indexRecords(btf, this.words);
    this.at = index.at;
    this.referenced = index.referenced;
    this.candidates = index.candidates;
    this.links = index.links;
    this.tags = index.tags;
  }

  /** 0 (void) for id 0. */
  kind(id: number): number {
    return id === 0 ? VOID : (this.words[this.at[id]! + 1]! >>> 24) & 0x7f;
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

  /** The string at `offset`, a character per byte. */
  string(offset: number): string {
    if (offset === 0) return '';
    const end = this.strings.indexOf('\0', offset);
    // Every string ends with a NUL, the last one too.
    return end < 0 ? this.#btf.string(offset) : this.strings.substring(offset, end);
  }

  /** @throws {@link BtfError} for an id that does not exist */
  check(id: number): void {
    if (id >= this.count) this.#btf.type(id);
  }

  /** `struct task_struct`-like description for messages. */
  describe(id: number): string {
    const name = this.toText(this.string(this.name(id)));
    const kind = KIND_NAMES[this.kind(id)] ?? 'type';
    return name === '' ? `anonymous ${kind}` : `${kind} "${name}"`;
  }

  /** What was put together from {@link strings}, as text: bytes that are not UTF-8 become U+FFFD. */
  toText(bytes: string): string {
    if (this.isAscii) return bytes;
    const target = new Uint8Array(bytes.length);
    this.toBytes(bytes, target);
    return new TextDecoder().decode(target);
  }

  /** Writes what was put together from {@link strings} into `target`, a byte per character. */
  toBytes(text: string, target: Uint8Array): void {
    if (this.isAscii) new TextEncoder().encodeInto(text, target);
    else for (let i = 0; i < text.length; i++) target[i] = text.charCodeAt(i);
  }

  /** Bytes of a value, or -1 where libbpf has no answer (void, function, a forward declaration, a chain over 32 long). */
  size(id: number): number {
    const known = this.sizes[id]!;
    if (known !== 0) return known - 2;
    const size = this.#computeSize(id);
    if (size < 0xffff_fffe) this.sizes[id] = size + 2;
    return size;
  }

  #computeSize(id: number): number {
    let elements = 1;
    let current = id;
    for (let depth = 0; depth < MAX_SIZE_CHAIN && current !== 0; depth++) {
      const at = this.at[current]!;
      const word = this.words[at + 2]!;
      let size: number;
      switch ((this.words[at + 1]! >>> 24) & 0x7f) {
        case 1: // INT
        case 4: // STRUCT
        case 5: // UNION
        case 6: // ENUM
        case 19: // ENUM64
        case 15: // DATASEC
        case 16: // FLOAT
          size = word;
          break;
        case 2: // PTR
          size = this.pointerSize;
          break;
        case 8: // TYPEDEF
        case 9: // VOLATILE
        case 10: // CONST
        case 11: // RESTRICT
        case 14: // VAR
        case 17: // DECL_TAG
        case 18: // TYPE_TAG
          current = word;
          continue;
        case 3: // ARRAY
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
    return this.#align(id, 0) & ~PACKED;
  }

  /**
   * Whether C would lay the struct out differently without `packed`: a member that is no bit-field and not aligned, or a
   * size that is no multiple of the widest alignment.
   */
  isPacked(id: number): boolean {
    const align = this.#align(id, 0);
    return align === 0 ? this.#isPackedAnyway(id) : (align & PACKED) !== 0;
  }

  /** The type behind const, volatile, restrict, type tags and typedefs. */
  resolve(id: number): number {
    let current = id;
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      switch (this.kind(current)) {
        case 8: // TYPEDEF
        case 9: // VOLATILE
        case 10: // CONST
        case 11: // RESTRICT
        case 18: // TYPE_TAG
          current = this.sizeOrType(current);
          break;
        default:
          return current;
      }
    }
    throw new BtfDumpError('BTF_DUMP_TOO_DEEP', { typeId: id, limit: MAX_DEPTH });
  }

  /** The alignment, with {@link PACKED} set for a struct that needs it. */
  #align(id: number, depth: number): number {
    if (id === 0) return 0;
    const known = this.#aligns[id]!;
    if (known !== 0) return known & ~KNOWN;
    if (depth > MAX_DEPTH) {
      const typeName = this.describe(id);
      throw new BtfDumpError('BTF_DUMP_TOO_DEEP', { typeId: id, typeName, limit: MAX_DEPTH });
    }
    const align = this.#computeAlign(id, depth);
    this.#aligns[id] = align | KNOWN;
    return align;
  }

  #computeAlign(id: number, depth: number): number {
    const at = this.at[id]!;
    const word = this.words[at + 2]!;
    switch ((this.words[at + 1]! >>> 24) & 0x7f) {
      case 1: // INT
      case 6: // ENUM
      case 19: // ENUM64
      case 16: // FLOAT
        return Math.min(word, this.pointerSize);
      case 2: // PTR
        return this.pointerSize;
      case 8: // TYPEDEF
      case 9: // VOLATILE
      case 10: // CONST
      case 11: // RESTRICT
      case 18: // TYPE_TAG
        return this.#align(word, depth + 1) & ~PACKED;
      case 3: // ARRAY
        return this.#align(this.words[at + 3]!, depth + 1) & ~PACKED;
      case 4: // STRUCT
      case 5: // UNION
        return this.#alignOfComposite(at, depth);
      default:
        return 0;
    }
  }

  #alignOfComposite(at: number, depth: number): number {
    const { words } = this;
    const aligns = this.#aligns;
    const info = words[at + 1]!;
    const bitFields = info >>> 31 === 1;
    const end = at + 3 + (info & 0xff_ffff) * 3;
    let widest = 1;
    for (let member = at + 3; member < end; member += 3) {
      const type = words[member + 1]!;
      const known = aligns[type]!;
      const align = (known !== 0 ? known : this.#align(type, depth + 1)) & ~(KNOWN | PACKED);
      if (align === 0) return 0;
      if (align > widest) widest = align;
      const offset = words[member + 2]!;
      if (bitFields && offset >>> 24 !== 0) continue;
      if (offset % (8 * align) !== 0) return 1 | PACKED;
    }
    return words[at + 2]! % widest === 0 ? widest : 1 | PACKED;
  }

  /** {@link isPacked} of a struct with a member that has no alignment; such a member is passed over. */
  #isPackedAnyway(id: number): boolean {
    const { words } = this;
    const record = this.at[id]!;
    const bitFields = this.kindFlag(id);
    const end = record + 3 + this.vlen(id) * 3;
    let widest = 1;
    for (let member = record + 3; member < end; member += 3) {
      const align = this.align(words[member + 1]!);
      const offset = words[member + 2]!;
      const width = bitFields ? offset >>> 24 : 0;
      if (align !== 0 && width === 0 && offset % (8 * align) !== 0) return true;
      if (align > widest) widest = align;
    }
    return words[record + 2]! % widest !== 0;
  }
}

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

function wordsOf(layers: readonly Layer[]): Uint32Array {
  const [only, second] = layers as [Layer, Layer?];
  const { types, littleEndian } = only;
  if (
    second === undefined &&
    littleEndian === HOST_IS_LITTLE_ENDIAN &&
    types.byteOffset % Uint32Array.BYTES_PER_ELEMENT === 0
  ) {
    return new Uint32Array(types.buffer, types.byteOffset, types.length >>> 2);
  }
  const words = new Uint32Array(layers.reduce((sum, layer) => sum + (layer.types.length >>> 2), 0));
  let start = 0;
  for (const layer of layers) {
    copyWords(words, start, layer.types, layer.littleEndian);
    start += layer.types.length >>> 2;
  }
  return words;
}

function copyWords(to: Uint32Array, start: number, from: Uint8Array, littleEndian: boolean): void {
  const end = start + (from.length >>> 2);
  new Uint8Array(to.buffer).set(from, start * 4);
  if (littleEndian === HOST_IS_LITTLE_ENDIAN) return;
  const view = new DataView(to.buffer);
  for (let i = start; i < end; i++) to[i] = view.getUint32(i * 4, !HOST_IS_LITTLE_ENDIAN);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The bytes as a string if all of them are ASCII. */
function asciiOf(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  // A sequence of several bytes becomes fewer characters, a byte that is no UTF-8 becomes U+FFFD.
  return text.length === bytes.length && !text.includes('\ufffd') ? text : undefined;
}

/** The bytes as a string of characters up to U+00FF. */
function binaryOf(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return text;
}
