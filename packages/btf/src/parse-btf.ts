/**
 * BTF bytes → {@link Btf}. One pass measures the type records and notes where each starts; nothing is decoded, copied or
 * looked up until it is asked for, so that a kernel's BTF (6 MB, 127,000 types) opens in a few milliseconds, and with
 * {@link ParseBtfOptions.lazy} in less than one.
 *
 * Source of truth: linux/include/uapi/linux/btf.h; what is refused follows libbpf `src/btf.c`, btf_parse_type_sec.
 */

import { Btf } from './btf.js';
import { readBtfHeader } from './header.js';
import { RecordOffsets } from './record-offsets.js';

/** Options of {@link parseBtf}. */
export interface ParseBtfOptions {
  /** What a split BTF continues: its ids and string offsets begin where those of the base end. None by default. */
  readonly base?: Btf | undefined;
  /** Bytes of a pointer; by default the size of the type called `long`, and 8 where there is none. */
  readonly pointerSize?: 4 | 8 | undefined;
  /**
   * Measure the records only as far as types are asked for: for a BTF that is known to be sound, as the kernel's own. What is wrong
   * with a record is told when it, or one behind it, is asked for. Default: all at once.
   */
  readonly lazy?: boolean | undefined;
}

/**
 * Opens BTF of either byte order.
 *
 * @param bytes - kept, not copied: must not change while the result is in use
 * @throws {@link BtfError} `BTF_TRUNCATED`, `BTF_BAD_MAGIC`, `BTF_BAD_VERSION`, `BTF_BAD_HEADER`, `BTF_BAD_STRINGS`,
 *   `BTF_BAD_KIND` for a kind that neither we nor the BTF's layout section know; type ids and string offsets inside the types
 *   are checked when a type is read, or all at once by `validateBtf`
 */
export function parseBtf(bytes: Uint8Array, options: ParseBtfOptions = {}): Btf {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { base } = options;
  const header = readBtfHeader(view, base !== undefined);
  const startId = base === undefined ? 1 : base.typeCount;
  const own = bytes.subarray(header.layout.start, header.layout.end);
  const layout = own.length > 0 ? { bytes: own, offset: header.layout.start } : base?.layout;
  const records = new RecordOffsets(view, header, startId, layout);
  if (options.lazy !== true) records.complete();
  return new Btf({
    bytes,
    view,
    base,
    littleEndian: header.littleEndian,
    startId,
    records,
    typesEnd: header.typeEnd,
    strings: bytes.subarray(header.stringStart, header.stringEnd),
    layout,
    pointerSize: options.pointerSize,
  });
}
