/**
 * BTF.ext and its records, written: whole, for an object file, and as the bare arrays that a program load takes.
 *
 * Source of truth: linux/include/uapi/linux/btf.h, bpf.h (bpf_func_info, bpf_line_info, bpf_core_relo).
 */

import { ByteWriter } from './byte-writer.js';
import { BTF_EXT_HEADER_SIZE, BTF_MAGIC } from './header.js';
import {
  type BtfExt,
  type BtfExtSection,
  CORE_RELOCATION_SIZE,
  FUNC_INFO_SIZE,
  type FuncInfo,
  LINE_INFO_SIZE,
  type LineInfo,
} from './parse-btf-ext.js';

const INSTRUCTION_SIZE = 8;

/** Bytes of one record as {@link encodeFuncInfo} writes it: `func_info_rec_size`. */
export const FUNC_INFO_RECORD_SIZE: number = FUNC_INFO_SIZE;
/** Bytes of one record as {@link encodeLineInfo} writes it: `line_info_rec_size`. */
export const LINE_INFO_RECORD_SIZE: number = LINE_INFO_SIZE;

/**
 * `func_info` for a program load: an array of `struct bpf_func_info`, which counts instructions where BTF.ext counts bytes.
 *
 * @param records - with `insnOffset` from the start of the program, in bytes
 */
export function encodeFuncInfo(records: readonly FuncInfo[], littleEndian = true): Uint8Array {
  const writer = new ByteWriter(littleEndian);
  for (const record of records) writeFuncInfo(writer, record, record.insnOffset / INSTRUCTION_SIZE);
  return writer.toBytes();
}

/**
 * `line_info` for a program load: an array of `struct bpf_line_info`, which counts instructions where BTF.ext counts bytes.
 *
 * @param records - with `insnOffset` from the start of the program, in bytes
 */
export function encodeLineInfo(records: readonly LineInfo[], littleEndian = true): Uint8Array {
  const writer = new ByteWriter(littleEndian);
  for (const record of records) writeLineInfo(writer, record, record.insnOffset / INSTRUCTION_SIZE);
  return writer.toBytes();
}

/** What of a BTF.ext is written; record sizes are this package's own. */
export interface BtfExtContents {
  readonly funcInfo: Pick<BtfExt['funcInfo'], 'sections'>;
  readonly lineInfo: Pick<BtfExt['lineInfo'], 'sections'>;
  readonly coreRelocations: BtfExt['coreRelocations'];
}

/** Options of {@link encodeBtfExt}. */
export interface EncodeBtfExtOptions {
  /** Little by default. */
  readonly littleEndian?: boolean;
  /** Where a string lies in the BTF that goes with it: `addString` of its builder, say. */
  readonly addString: (text: string) => number;
}

/** A whole BTF.ext. */
export function encodeBtfExt(contents: BtfExtContents, options: EncodeBtfExtOptions): Uint8Array {
  const { addString, littleEndian = true } = options;
  const parts = [
    encodePart(contents.funcInfo.sections, FUNC_INFO_SIZE, options, (writer, record) =>
      writeFuncInfo(writer, record, record.insnOffset),
    ),
    encodePart(contents.lineInfo.sections, LINE_INFO_SIZE, options, (writer, record) =>
      writeLineInfo(writer, record, record.insnOffset),
    ),
    encodePart(contents.coreRelocations, CORE_RELOCATION_SIZE, options, (writer, record) => {
      writer.u32(record.insnOffset);
      writer.u32(record.typeId);
      writer.u32(addString(record.accessString));
      writer.u32(record.kind);
    }),
  ];
  const header = new ByteWriter(littleEndian);
  header.u32(littleEndian ? BTF_MAGIC | (1 << 16) : BTF_MAGIC * 0x10000 + (1 << 8));
  header.u32(BTF_EXT_HEADER_SIZE);
  let offset = 0;
  for (const part of parts) {
    header.u32(offset);
    header.u32(part.length);
    offset += part.length;
  }
  for (const part of parts) header.append(part);
  return header.toBytes();
}

function encodePart<Item>(
  sections: readonly BtfExtSection<Item>[],
  recordSize: number,
  { addString, littleEndian = true }: EncodeBtfExtOptions,
  write: (writer: ByteWriter, record: Item) => void,
): Uint8Array {
  const writer = new ByteWriter(littleEndian);
  const filled = sections.filter(({ records }) => records.length > 0);
  if (filled.length === 0) return writer.toBytes();
  writer.u32(recordSize);
  for (const { sectionName, records } of filled) {
    writer.u32(addString(sectionName));
    writer.u32(records.length);
    for (const record of records) write(writer, record);
  }
  return writer.toBytes();
}

function writeFuncInfo(writer: ByteWriter, { typeId }: FuncInfo, insnOffset: number): void {
  writer.u32(insnOffset);
  writer.u32(typeId);
}

function writeLineInfo(writer: ByteWriter, record: LineInfo, insnOffset: number): void {
  writer.u32(insnOffset);
  writer.u32(record.fileNameOffset);
  writer.u32(record.lineOffset);
  writer.u32(record.line * 0x400 + record.column);
}
