/**
 * Compressed sections (SHF_COMPRESSED): a header, then the compressed bytes.
 *
 * How to inflate is passed in, which keeps this package free of any runtime's own library; what every runtime has, the
 * web's DecompressionStream, is used by the asynchronous form.
 *
 * Source of truth: linux/include/uapi/linux/elf.h has none; the generic ABI, "Compressed Sections", Elf64_Chdr and
 * Elf32_Chdr. Left out: the older `.zdebug_*` sections of GNU tools.
 */

import { ELFCOMPRESS_ZLIB, ELFCOMPRESS_ZSTD, SHF_COMPRESSED } from './constants.js';
import { Cursor } from './cursor.js';
import { ElfError } from './errors.js';
import type { ElfFile } from './read-elf.js';
import type { ElfSection } from './section.js';
import { describeSection, hasBytes } from './section.js';

/** What the header of a compressed section says. */
export interface ElfCompression {
  /** ELFCOMPRESS_ZLIB or ELFCOMPRESS_ZSTD. */
  readonly ch_type: number;
  /** Bytes once decompressed. It is the file's word: allocate by what comes out, not by this. */
  readonly ch_size: number;
  readonly ch_addralign: number;
  /** The compressed bytes, a view. */
  readonly payload: Uint8Array;
}

/** Inflates bytes of a format, to `size` bytes if the file is right. */
export type Decompress = (
  payload: Uint8Array,
  info: { readonly format: 'zlib' | 'zstd'; readonly size: number },
) => Uint8Array;

/**
 * The header of a compressed section; undefined if the section is not compressed.
 *
 * @throws {@link ElfError} `ELF_BAD_COMPRESSION` if there is no room for the header, `ELF_UNSAFE_INTEGER`
 */
export function readCompression(elf: ElfFile, section: ElfSection): ElfCompression | undefined {
  if ((section.sh_flags & SHF_COMPRESSED) === 0) return undefined;
  const size = elf.is64 ? 24 : 12;
  const { data } = section;
  if (data.length < size) {
    throw compressionError(section, `${data.length} bytes`, `a header of ${size} bytes`);
  }
  const cursor = new Cursor(data, elf, section.sh_offset, describeSection(section));
  const ch_type = cursor.u32();
  if (elf.is64) cursor.skip(4);
  const ch_size = cursor.word('ch_size');
  const ch_addralign = cursor.word('ch_addralign');
  return { ch_type, ch_size, ch_addralign, payload: data.subarray(size) };
}

/**
 * The contents of a section, decompressed by `decompress` if need be; otherwise the view that is {@link ElfSection.data}.
 *
 * @throws {@link ElfError} `ELF_BAD_COMPRESSION` for an unknown format, and if what comes out is not of the size in the
 *   header; and whatever `decompress` throws
 */
export function decompressSection(
  elf: ElfFile,
  section: ElfSection,
  decompress: Decompress,
): Uint8Array {
  const compression = readCompression(elf, section);
  if (compression === undefined) return section.data;
  const { payload, ch_size: size } = compression;
  const bytes = decompress(payload, { format: formatOf(section, compression), size });
  checkSize(section, bytes.length, size);
  return bytes;
}

/**
 * The contents of a section, inflated with the runtime's DecompressionStream if need be, which knows zlib only.
 *
 * Stops as soon as more comes out than the header says.
 *
 * @throws {@link ElfError} `ELF_BAD_COMPRESSION`, also for zstd
 */
export async function inflateSection(elf: ElfFile, section: ElfSection): Promise<Uint8Array> {
  const compression = readCompression(elf, section);
  if (compression === undefined) return section.data;
  const format = formatOf(section, compression);
  if (format !== 'zlib') {
    throw compressionError(section, format, 'zlib, the only format DecompressionStream knows');
  }
  const { payload, ch_size: size } = compression;
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    // The web's "deflate" is the format of RFC 1950, which is zlib's.
    const stream = new Blob([payload.slice()])
      .stream()
      .pipeThrough(new DecompressionStream('deflate'));
    const reader = stream.getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      chunks.push(read.value);
      length += read.value.length;
      if (length > size) {
        await reader.cancel();
        break;
      }
    }
  } catch (cause) {
    throw compressionError(section, String(cause), 'a zlib stream');
  }
  checkSize(section, length, size);
  return concatenate(chunks, length);
}

function formatOf(section: ElfSection, { ch_type }: ElfCompression): 'zlib' | 'zstd' {
  if (ch_type === ELFCOMPRESS_ZLIB) return 'zlib';
  if (ch_type === ELFCOMPRESS_ZSTD) return 'zstd';
  throw compressionError(section, `ch_type ${ch_type}`, '1 (zlib) or 2 (zstd)');
}

function checkSize(section: ElfSection, found: number, expected: number): void {
  if (found === expected) return;
  throw compressionError(
    section,
    `${found > expected ? 'more than ' : ''}${Math.min(found, expected)} bytes`,
    `${expected}`,
  );
}

function concatenate(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function compressionError(section: ElfSection, found: string, expected: string): ElfError {
  return new ElfError({
    code: 'ELF_BAD_COMPRESSION',
    offset: hasBytes(section) ? section.sh_offset : section.headerOffset,
    subject: describeSection(section),
    found,
    expected,
  });
}
