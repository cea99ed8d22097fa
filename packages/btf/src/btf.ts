/**
 * An open BTF: types by id and by name, sizes and alignments, over bytes that stay as they are.
 *
 * Ids count through a chain of bases: `void` is 0, the base's own types come first, a split BTF continues after the last of
 * its base. The same holds for string offsets.
 *
 * Rules for sizes, alignments and the pointer size follow libbpf `src/btf.c` (btf__resolve_size, btf__align_of,
 * determine_ptr_size).
 */

import { decodeType } from './decode-type.js';
import { BtfError } from './errors.js';
import type { LayoutSection } from './layout.js';
import { NameIndex } from './name-index.js';
import { type NamedTypes, NameScan } from './name-scan.js';
import { infoFlag, infoKind, infoVlen, kindName } from './record.js';
import type { RecordOffsets } from './record-offsets.js';
import { alignmentOf, sizeOf } from './size.js';
import { StringTable } from './string-table.js';
import { BtfKind, type BtfType } from './types.js';

/** Longest chain of typedefs, modifiers and arrays that is followed. */
export const MAX_DEPTH = 64;

/** Kinds that only wrap another type and change nothing about its bytes. */
const MODIFIERS: readonly number[] = [
  BtfKind.VOLATILE,
  BtfKind.CONST,
  BtfKind.RESTRICT,
  BtfKind.TYPE_TAG,
];
const IS_MODIFIER = new Uint8Array(128);
for (const kind of MODIFIERS) IS_MODIFIER[kind] = 1;

/** Every way in which a compiler may spell the type whose size is that of a pointer. */
const LONG_NAMES: ReadonlySet<string> = new Set([
  'long',
  'long int',
  'int long',
  'unsigned long',
  'long unsigned',
  'unsigned long int',
  'unsigned int long',
  'long unsigned int',
  'long int unsigned',
  'int unsigned long',
  'int long unsigned',
]);

/** What `parseBtf` found out; not for callers. */
export interface BtfParts {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly base: Btf | undefined;
  readonly littleEndian: boolean;
  readonly startId: number;
  readonly records: RecordOffsets;
  readonly typesEnd: number;
  readonly strings: Uint8Array;
  readonly layout: LayoutSection | undefined;
  readonly pointerSize: 4 | 8 | undefined;
}

/** Types that the index is made of at once. */
const EARLY = 8192;

/** An open BTF, made by `parseBtf`. */
export class Btf {
  /** What was parsed: the same array, not a copy. */
  readonly bytes: Uint8Array;
  /** Over {@link bytes}; offsets given by {@link recordOffset} are for it. */
  readonly view: DataView;
  readonly base: Btf | undefined;
  readonly littleEndian: boolean;
  /** First id of its own: 1, or the base's {@link typeCount}. */
  readonly startId: number;
  /** First string offset of its own: 0, or the base's {@link stringsEnd}. */
  readonly stringsStart: number;
  /** One past the last string offset, base included. */
  readonly stringsEnd: number;
  /** @internal What is known about kinds that are newer than this package. */
  readonly layout: LayoutSection | undefined;
  readonly #records: RecordOffsets;
  /** The list of {@link RecordOffsets}, and one past the last id that is in it. */
  #recordOffsets: Uint32Array;
  #knownEnd: number;
  /** Once all are in it. */
  #typeCount: number | undefined;
  readonly #typesEnd: number;
  readonly #strings: StringTable;
  readonly #types = new Map<number, BtfType>();
  #names: NameIndex | undefined;
  #scan: NameScan | undefined;
  #pointerSize: number | undefined;

  /** @internal */
  constructor(parts: BtfParts) {
    this.bytes = parts.bytes;
    this.view = parts.view;
    this.base = parts.base;
    this.littleEndian = parts.littleEndian;
    this.startId = parts.startId;
    this.stringsStart = parts.base === undefined ? 0 : parts.base.stringsEnd;
    this.stringsEnd = this.stringsStart + parts.strings.length;
    this.layout = parts.layout;
    this.#records = parts.records;
    this.#recordOffsets = parts.records.list;
    this.#knownEnd = parts.startId + parts.records.known;
    if (parts.records.isComplete) this.#typeCount = this.#knownEnd;
    this.#typesEnd = parts.typesEnd;
    this.#strings = new StringTable(parts.strings);
    this.#pointerSize = parts.pointerSize;
  }

  /** Highest id + 1, base included. */
  get typeCount(): number {
    return this.#typeCount ?? this.#complete().length + this.startId;
  }

  /** Whether there is a type `id`, here or in the base; `void` is one. */
  hasType(id: number): boolean {
    return id >= 0 && (id < this.#knownEnd || this.#reach(id));
  }

  /** Bytes of a pointer: as given to `parseBtf`, else the size of `long` in the base or here, else 8. */
  get pointerSize(): number {
    this.#pointerSize ??= this.base?.pointerSize ?? this.#sizeOfLong() ?? 8;
    return this.#pointerSize;
  }

  /** This BTF's own strings, as they lie in {@link bytes}: a view. */
  get strings(): Uint8Array {
    return this.#strings.bytes;
  }

  /**
   * The type `id`, decoded when first asked for and kept.
   *
   * @throws {@link BtfError} `BTF_BAD_TYPE_ID`, also for an id inside the type; `BTF_BAD_STRING_OFFSET`, `BTF_BAD_TYPE`
   */
  type(id: number): BtfType {
    const owner = this.ownerOf(id);
    let type = owner.#types.get(id);
    if (type === undefined) {
      type = decodeType(owner, id);
      owner.#types.set(id, type);
    }
    return type;
  }

  /** Own types in id order, `void` and the base's left out; decoded one by one and not kept. */
  *types(): IterableIterator<BtfType> {
    for (let id = this.startId; id < this.typeCount; id++)
      yield this.#types.get(id) ?? decodeType(this, id);
  }

  /**
   * The string at `offset`.
   *
   * @throws {@link BtfError} `BTF_BAD_STRING_OFFSET`
   */
  string(offset: number): string {
    if (offset >= this.stringsStart && offset < this.stringsEnd) {
      return this.#strings.at(offset - this.stringsStart);
    }
    if (this.base !== undefined && offset < this.stringsStart) return this.base.string(offset);
    throw new BtfError({ code: 'BTF_BAD_STRING_OFFSET', found: offset, limit: this.stringsEnd });
  }

  /** The bytes of the string at `offset`, without the NUL: a view; `undefined` if the offset is out of range. */
  stringBytes(offset: number): Uint8Array | undefined {
    if (offset >= this.stringsEnd) return undefined;
    if (offset < this.stringsStart) return this.base!.stringBytes(offset);
    const start = offset - this.stringsStart;
    const { bytes } = this.#strings;
    return bytes.subarray(start, bytes.indexOf(0, start));
  }

  /** @internal First byte of the string at `offset`: 0 if it is empty, `undefined` if the offset is out of range. */
  firstByteOf(offset: number): number | undefined {
    if (offset < this.stringsStart) return this.base!.firstByteOf(offset);
    return this.#strings.bytes[offset - this.stringsStart];
  }

  /** Whether the string at `offset` has exactly these bytes; makes no string. */
  isString(offset: number, wanted: Uint8Array): boolean {
    if (offset < this.stringsStart) return this.base!.isString(offset, wanted);
    const { bytes } = this.#strings;
    const start = offset - this.stringsStart;
    if (bytes[start + wanted.length] !== 0) return false;
    for (let index = 0; index < wanted.length; index++) {
      if (bytes[start + index] !== wanted[index]) return false;
    }
    return true;
  }

  /** First id with that name, those of the base before own ones. Look-ups build an index as they need it. */
  findByName(name: string): number | undefined {
    return this.base?.findByName(name) ?? this.#findOwn(name, undefined);
  }

  /** First id with that name and kind, those of the base before own ones. */
  findByNameAndKind(name: string, kind: BtfKind): number | undefined {
    return this.base?.findByNameAndKind(name, kind) ?? this.#findOwn(name, kind);
  }

  /** First of its own ids with that name and kind; the base is not asked. */
  findOwnByNameAndKind(name: string, kind: BtfKind): number | undefined {
    return this.#findOwn(name, kind);
  }

  /** Every id with that name, ascending. */
  findAllByName(name: string): readonly number[] {
    const scanned = this.scanForName(name);
    if (scanned !== undefined) return scanned.exact;
    const ids = this.base === undefined ? [] : [...this.base.findAllByName(name)];
    for (const position of this.#nameIndex().all(name)) ids.push(this.startId + position);
    return ids;
  }

  /**
   * Says which names will be looked for: finding them together costs little more than finding one. Changes no answer, and other names
   * can be looked for as well.
   */
  expectNames(names: Iterable<string>): void {
    this.#nameScan()?.expect(names);
  }

  /**
   * Ids with that name, and those with that name and a flavour (`name___old`), both ascending; `undefined` where only the index tells.
   *
   * @internal
   */
  scanForName(name: string): NamedTypes | undefined {
    if (this.#names?.isComplete) return undefined;
    return this.#nameScan()?.find(name);
  }

  /** Whether one of its strings, those of the base included, may hold `text`: surely none if `false`. */
  mayHaveString(text: string): boolean {
    const own = this.#strings.oneCharacterPerByte()?.includes(text) ?? true;
    return own || (this.base?.mayHaveString(text) ?? false);
  }

  /** Own types whose names start within one of some ranges of string offsets, which are ascending; in id order. */
  typesNamedWithin(ranges: readonly (readonly [start: number, end: number])[]): number[] {
    const found: number[] = [];
    const [first, last] = [ranges[0], ranges.at(-1)];
    if (first === undefined || last === undefined) return found;
    const offsets = this.#complete();
    for (let position = 0; position < offsets.length; position++) {
      const name = this.view.getUint32(offsets[position]!, this.littleEndian);
      if (name < first[0] || name > last[1]) continue;
      if (isWithin(ranges, name)) found.push(this.startId + position);
    }
    return found;
  }

  /**
   * Follows typedefs and modifiers (const, volatile, restrict, type_tag) to what they stand for.
   *
   * @throws {@link BtfError} `BTF_BAD_TYPE_ID`; `BTF_TOO_DEEP` after 64 of them
   */
  resolve(id: number): number {
    return this.#follow(id, true);
  }

  /** As {@link resolve}, but stops at typedefs. */
  skipModifiers(id: number): number {
    return this.#follow(id, false);
  }

  /**
   * Bytes that a value of the type takes.
   *
   * @throws {@link BtfError} `BTF_NO_SIZE` for void, functions and forward declarations; `BTF_TOO_DEEP`, `BTF_TOO_LARGE`
   */
  sizeOf(id: number): number {
    return sizeOf(this, id);
  }

  /**
   * Alignment of a value of the type in bytes, as its C declaration has it; 1 for a packed struct.
   *
   * @throws {@link BtfError} as {@link sizeOf}
   */
  alignOf(id: number): number {
    return alignmentOf(this, id);
  }

  /**
   * Kind by number, without making an object; a number past 19 for a kind that only the layout section of the BTF knows.
   *
   * @throws {@link BtfError} `BTF_BAD_TYPE_ID`, as all of the following
   */
  kindOf(id: number): BtfKind {
    if (id === 0) return BtfKind.VOID;
    const owner = this.ownerOf(id);
    return infoKind(owner.#word(id, 4)) as BtfKind;
  }

  /** Name, empty for an anonymous type. */
  nameOf(id: number): string {
    const offset = this.nameOffset(id);
    return offset === 0 ? '' : this.string(offset);
  }

  /** `name_off`. */
  nameOffset(id: number): number {
    return id === 0 ? 0 : this.ownerOf(id).#word(id, 0);
  }

  /** Number of members, values, parameters or variables; linkage of a FUNC. */
  vlen(id: number): number {
    return id === 0 ? 0 : infoVlen(this.ownerOf(id).#word(id, 4));
  }

  kindFlag(id: number): boolean {
    return id !== 0 && infoFlag(this.ownerOf(id).#word(id, 4));
  }

  /** The third word of the record: a size or a type id, as the kind has it. */
  sizeOrType(id: number): number {
    return id === 0 ? 0 : this.ownerOf(id).#word(id, 8);
  }

  /** Where the record of a type starts, in the bytes of the BTF that owns the id; `void` has none. */
  recordOffset(id: number): number {
    const owner = this.ownerOf(id);
    return owner.#recordOffset(id);
  }

  /** One past the last byte of the record of a type. */
  recordEnd(id: number): number {
    const owner = this.ownerOf(id);
    return owner.hasType(id + 1) ? owner.#recordOffset(id + 1) : owner.#typesEnd;
  }

  /** This BTF, or the base that an id belongs to; `void` belongs to the last of the bases. */
  ownerOf(id: number): Btf {
    if (id >= this.startId && (id < this.#knownEnd || this.#reach(id))) return this;
    if (id < this.startId && id >= 0) return this.base === undefined ? this : this.base.ownerOf(id);
    throw this.#badId(id);
  }

  /** `type 42 (struct "rq")`, for messages. */
  describe(id: number): string {
    if (id === 0) return 'BTF type 0 (void)';
    const kind = kindName(this.kindOf(id));
    const nameOffset = this.nameOffset(id);
    const name =
      nameOffset === 0 || nameOffset >= this.stringsEnd ? '' : ` "${this.string(nameOffset)}"`;
    return `BTF type ${id} (${kind}${name})`;
  }

  #word(id: number, at: number): number {
    return this.view.getUint32(this.#recordOffset(id) + at, this.littleEndian);
  }

  /** Where an own type starts whose id was found to be one. */
  #recordOffset(id: number): number {
    const offset = this.#recordOffsets[id - this.startId];
    if (offset === undefined) throw this.#badId(id);
    return offset;
  }

  /** Measures the types up to `id`. @returns whether there is one */
  #reach(id: number): boolean {
    const isThere = this.#records.reach(id - this.startId);
    this.#knownEnd = this.startId + this.#records.known;
    return isThere;
  }

  #complete(): Uint32Array {
    this.#recordOffsets = this.#records.complete();
    this.#knownEnd = this.startId + this.#records.known;
    this.#typeCount = this.#knownEnd;
    return this.#recordOffsets;
  }

  #follow(id: number, typedefs: boolean): number {
    let current = id;
    for (let depth = 0; depth <= MAX_DEPTH; depth++) {
      const kind = this.kindOf(current);
      if (IS_MODIFIER[kind] === 0 && !(typedefs && kind === BtfKind.TYPEDEF)) return current;
      current = this.sizeOrType(current);
    }
    throw new BtfError({
      code: 'BTF_TOO_DEEP',
      offset: this.recordOffset(id),
      typeId: id,
      subject: this.describe(id),
      doing: 'following typedefs',
      limit: MAX_DEPTH,
    });
  }

  #findOwn(name: string, kind: number | undefined): number | undefined {
    const isOfKind = (id: number): boolean => kind === undefined || this.kindOf(id) === kind;
    const expected = this.#scan?.expects(name) ? this.#scan.find(name) : undefined;
    if (expected !== undefined) return expected.exact.find(isOfKind);
    // What everything refers to comes early, where the index finds it. The rest is searched for before the index grows to it, but
    // only in strings that are decoded already: decoding them for one name costs what the index does.
    const index = this.#nameIndex();
    const accepts = (position: number): boolean => isOfKind(this.startId + position);
    const early = index.first(name, accepts, EARLY);
    if (early !== undefined) return this.startId + early;
    const scanned = this.#strings.isDecoded ? this.scanForName(name) : undefined;
    if (scanned !== undefined) return scanned.exact.find(isOfKind);
    const position = index.first(name, accepts);
    return position === undefined ? undefined : this.startId + position;
  }

  #nameScan(): NameScan | undefined {
    if (this.base !== undefined) return undefined;
    this.#scan ??= new NameScan({
      records: this.#records,
      startId: this.startId,
      strings: this.#strings,
    });
    return this.#scan;
  }

  #nameIndex(): NameIndex {
    this.#names ??= new NameIndex({
      view: this.view,
      littleEndian: this.littleEndian,
      recordOffsets: this.#complete(),
      strings: this.#strings.bytes,
      stringsStart: this.stringsStart,
      baseName: (offset) => this.base?.stringBytes(offset),
    });
    return this.#names;
  }

  #sizeOfLong(): number | undefined {
    for (let id = this.startId; this.hasType(id); id++) {
      if (infoKind(this.#word(id, 4)) !== BtfKind.INT) continue;
      const size = this.#word(id, 8);
      if (size !== 4 && size !== 8) continue;
      const nameOffset = this.#word(id, 0);
      if (nameOffset < this.stringsEnd && LONG_NAMES.has(this.string(nameOffset))) return size;
    }
    return undefined;
  }

  #badId(id: number): BtfError {
    return new BtfError({ code: 'BTF_BAD_TYPE_ID', typeId: id, typeCount: this.typeCount });
  }
}

function isWithin(
  ranges: readonly (readonly [start: number, end: number])[],
  offset: number,
): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranges[middle]![1] < offset) low = middle + 1;
    else high = middle;
  }
  return low < ranges.length && ranges[low]![0] <= offset;
}
