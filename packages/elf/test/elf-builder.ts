// Builds small ELF files, well-formed ones and, through overrides, malformed ones.

import {
  ET_REL,
  SHT_NOBITS,
  SHT_NULL,
  SHT_PROGBITS,
  SHT_STRTAB,
  SHT_SYMTAB,
} from '../src/index.js';

/** A section to build; what is left out is 0, and `link` to a name is looked up. */
export interface SectionSpec {
  readonly name?: string;
  readonly type?: number;
  readonly flags?: number;
  readonly address?: bigint;
  readonly data?: Uint8Array;
  /** Only for SHT_NOBITS, whose data is not in the file. */
  readonly size?: number;
  readonly link?: number;
  readonly info?: number;
  readonly alignment?: number;
  readonly entrySize?: number;
}

export interface SymbolSpec {
  readonly name?: string;
  readonly value?: bigint;
  readonly size?: bigint;
  readonly binding?: number;
  readonly type?: number;
  readonly visibility?: number;
  readonly sectionIndex?: number;
}

export interface SegmentSpec {
  readonly type: number;
  readonly flags?: number;
  readonly offset: bigint;
  readonly address: bigint;
  readonly fileSize: bigint;
  readonly memorySize?: bigint;
  readonly alignment?: bigint;
}

export interface ElfSpec {
  /** Default: true. */
  readonly is64?: boolean;
  /** Default: true. */
  readonly littleEndian?: boolean;
  /** Default: ET_REL. */
  readonly type?: number;
  /** Default: EM_BPF. */
  readonly machine?: number;
  /** From section 1 on; section 0 and, last, `.shstrtab` are added. */
  readonly sections?: readonly SectionSpec[];
  readonly segments?: readonly SegmentSpec[];
}

/** Writes numbers one after the other. */
export class Bytes {
  readonly bytes: number[] = [];
  readonly is64: boolean;
  readonly littleEndian: boolean;

  constructor({ is64 = true, littleEndian = true }: Pick<ElfSpec, 'is64' | 'littleEndian'> = {}) {
    this.is64 = is64;
    this.littleEndian = littleEndian;
  }

  put(value: number | bigint, size: number): this {
    const digits = Array.from({ length: size }, (_, index) =>
      Number((BigInt(value) >> BigInt(8 * index)) & 0xffn),
    );
    this.bytes.push(...(this.littleEndian ? digits : digits.reverse()));
    return this;
  }

  u8(value: number): this {
    return this.put(value, 1);
  }

  u16(value: number): this {
    return this.put(value, 2);
  }

  u32(value: number): this {
    return this.put(value, 4);
  }

  /** As wide as the class. */
  word(value: number | bigint): this {
    return this.put(value, this.is64 ? 8 : 4);
  }

  text(value: string): this {
    for (const byte of new TextEncoder().encode(`${value}\0`)) this.bytes.push(byte);
    return this;
  }

  pad(to: number): this {
    while (this.bytes.length % to !== 0) this.bytes.push(0);
    return this;
  }

  done(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}

/** A string table of these strings and where each of them is. */
export function buildStrings(strings: readonly string[]): {
  data: Uint8Array;
  at: (text: string) => number;
} {
  const offsets = new Map<string, number>([['', 0]]);
  const bytes: number[] = [0];
  const encoder = new TextEncoder();
  for (const text of strings) {
    if (offsets.has(text)) continue;
    offsets.set(text, bytes.length);
    for (const byte of encoder.encode(`${text}\0`)) bytes.push(byte);
  }
  return { data: Uint8Array.from(bytes), at: (text) => offsets.get(text)! };
}

/** `.symtab` and `.strtab` for symbols, the null symbol added; `strtabIndex` is where the second one will be. */
export function buildSymbols(
  spec: Pick<ElfSpec, 'is64' | 'littleEndian'>,
  symbols: readonly SymbolSpec[],
  strtabIndex: number,
  type: number = SHT_SYMTAB,
): [symtab: SectionSpec, strtab: SectionSpec] {
  const strings = buildStrings(symbols.map(({ name = '' }) => name));
  const out = new Bytes(spec);
  for (const symbol of [{}, ...symbols] as readonly SymbolSpec[]) {
    const info = ((symbol.binding ?? 0) << 4) | (symbol.type ?? 0);
    const name = strings.at(symbol.name ?? '');
    const { value = 0n, size = 0n, visibility = 0, sectionIndex = 0 } = symbol;
    if (out.is64) out.u32(name).u8(info).u8(visibility).u16(sectionIndex).word(value).word(size);
    else out.u32(name).word(value).word(size).u8(info).u8(visibility).u16(sectionIndex);
  }
  const locals = symbols.findIndex(({ binding = 0 }) => binding !== 0);
  const dynamic = type !== SHT_SYMTAB;
  return [
    {
      name: dynamic ? '.dynsym' : '.symtab',
      type,
      data: out.done(),
      link: strtabIndex,
      info: locals < 0 ? symbols.length + 1 : locals + 1,
      alignment: 8,
      entrySize: out.is64 ? 24 : 16,
    },
    { name: dynamic ? '.dynstr' : '.strtab', type: SHT_STRTAB, data: strings.data, alignment: 1 },
  ];
}

/** The bytes of a file: header, program headers, contents in order, section headers. */
export function buildElf(spec: ElfSpec): Uint8Array {
  const { is64 = true, littleEndian = true, type = ET_REL, machine = 247, segments = [] } = spec;
  const specs: SectionSpec[] = [{ type: SHT_NULL }, ...(spec.sections ?? [])];
  const names = buildStrings([...specs.map(({ name = '' }) => name), '.shstrtab']);
  specs.push({ name: '.shstrtab', type: SHT_STRTAB, data: names.data, alignment: 1 });
  const sizes = is64
    ? { header: 64, segment: 56, section: 64 }
    : { header: 52, segment: 32, section: 40 };
  const hasSections = spec.sections !== undefined;

  let end = sizes.header + segments.length * sizes.segment;
  const offsets = specs.map(({ data, type: sectionType, alignment = 1 }, index) => {
    if (index === 0 || !hasSections) return 0;
    end = Math.ceil(end / Math.max(alignment, 1)) * Math.max(alignment, 1);
    const offset = end;
    if (sectionType !== SHT_NOBITS) end += data?.length ?? 0;
    return offset;
  });
  const headersAt = Math.ceil(end / 8) * 8;
  const count = specs.length;
  const extended = count >= 0xff00;

  const header = new Bytes({ is64, littleEndian });
  header.bytes.push(
    0x7f,
    0x45,
    0x4c,
    0x46,
    is64 ? 2 : 1,
    littleEndian ? 1 : 2,
    1,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
  );
  header
    .u16(type)
    .u16(machine)
    .u32(1)
    .word(0)
    .word(segments.length > 0 ? sizes.header : 0);
  header
    .word(hasSections ? headersAt : 0)
    .u32(0)
    .u16(sizes.header);
  header.u16(segments.length > 0 ? sizes.segment : 0).u16(segments.length);
  header.u16(hasSections ? sizes.section : 0);
  header.u16(!hasSections || extended ? 0 : count);
  header.u16(hasSections ? (extended ? 0xffff : count - 1) : 0);
  for (const segment of segments) putSegment(header, segment);

  const bytes = new Uint8Array(hasSections ? headersAt + count * sizes.section : end);
  bytes.set(header.bytes);
  for (const [index, { data, type: sectionType }] of specs.entries()) {
    if (!hasSections) break;
    if (data !== undefined && sectionType !== SHT_NOBITS) bytes.set(data, offsets[index]);
    const out = new Bytes({ is64, littleEndian });
    const section = specs[index]!;
    const first = extended && index === 0;
    out
      .u32(names.at(section.name ?? ''))
      .u32(section.type ?? SHT_PROGBITS)
      .word(section.flags ?? 0);
    out.word(section.address ?? 0n).word(offsets[index]!);
    out.word(first ? count : (section.size ?? data?.length ?? 0));
    out.u32(first ? count - 1 : (section.link ?? 0)).u32(section.info ?? 0);
    out.word(section.alignment ?? (index === 0 ? 0 : 1)).word(section.entrySize ?? 0);
    bytes.set(out.bytes, headersAt + index * sizes.section);
  }
  return bytes;
}

function putSegment(out: Bytes, segment: SegmentSpec): void {
  const {
    type,
    flags = 0,
    offset,
    address,
    fileSize,
    memorySize = fileSize,
    alignment = 1n,
  } = segment;
  out.u32(type);
  if (out.is64) out.u32(flags);
  out.word(offset).word(address).word(address).word(fileSize).word(memorySize);
  if (!out.is64) out.u32(flags);
  out.word(alignment);
}
