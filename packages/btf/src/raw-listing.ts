/**
 * Every type of a BTF as one line of text, its members and values on lines of their own below: the form in which bpftool
 * lists BTF, byte for byte that of `bpftool btf dump file … format raw` (7.5). Of a split BTF only its own types.
 */

import type { Btf } from './btf.js';
import { infoFlag, infoKind, infoVlen, KIND_NAMES } from './record.js';
import { BtfKind } from './types.js';

/** Characters of text put together before they are handed on: until then all of their parts are in memory. */
const CHUNK_LENGTH = 1 << 15;

const KINDS = KIND_NAMES.map((name) => name.toUpperCase());
const LINKAGES = ['static', 'global', 'extern'];

/**
 * Lists the types of `btf` that are its own, in id order.
 *
 * @param ids - lists these instead, in this order
 * @returns text in chunks of about 32 KiB, each a number of whole lines
 */
export function* rawListing(btf: Btf, ids?: Iterable<number>): IterableIterator<string> {
  let text = '';
  for (const id of ids ?? ownIds(btf)) {
    text += listType(btf, id);
    if (text.length < CHUNK_LENGTH) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}

function* ownIds(btf: Btf): Generator<number> {
  for (let id = btf.startId; id < btf.typeCount; id++) yield id;
}

/** As {@link rawListing}, in one piece. */
export function formatRaw(btf: Btf): string {
  return [...rawListing(btf)].join('');
}

function listType(btf: Btf, id: number): string {
  // `void` has no record.
  if (id === 0) return "[0] UNKN '(anon)'\n";
  const owner = btf.ownerOf(id);
  if (owner !== btf) return listType(owner, id);
  const { view, littleEndian } = btf;
  const start = btf.recordOffset(id);
  const u32 = (at: number): number => view.getUint32(start + at, littleEndian);
  const info = u32(4);
  const kind = infoKind(info);
  const third = u32(8);
  const head = `[${id}] ${KINDS[kind] ?? 'UNKNOWN'} '${nameAt(btf, u32(0))}'`;
  switch (kind) {
    case BtfKind.INT: {
      const word = u32(12);
      const bits = `bits_offset=${(word >>> 16) & 0xff} nr_bits=${word & 0xff}`;
      return `${head} size=${third} ${bits} encoding=${intEncoding((word >>> 24) & 0xf)}\n`;
    }
    case BtfKind.ARRAY:
      return `${head} type_id=${u32(12)} index_type_id=${u32(16)} nr_elems=${u32(20)}\n`;
    case BtfKind.STRUCT:
    case BtfKind.UNION:
      return `${head} size=${third} vlen=${infoVlen(info)}${listMembers(btf, start, info)}\n`;
    case BtfKind.ENUM:
    case BtfKind.ENUM64: {
      const encoding = infoFlag(info) ? 'SIGNED' : 'UNSIGNED';
      const values =
        kind === BtfKind.ENUM ? listValues(btf, start, info) : listWideValues(btf, start, info);
      return `${head} encoding=${encoding} size=${third} vlen=${infoVlen(info)}${values}\n`;
    }
    case BtfKind.FWD:
      return `${head} fwd_kind=${infoFlag(info) ? 'union' : 'struct'}\n`;
    case BtfKind.FUNC:
      return `${head} type_id=${third} linkage=${LINKAGES[infoVlen(info)] ?? '(unknown)'}\n`;
    case BtfKind.FUNC_PROTO:
      return `${head} ret_type_id=${third} vlen=${infoVlen(info)}${listParameters(btf, start, info)}\n`;
    case BtfKind.VAR:
      return `${head} type_id=${third}, linkage=${LINKAGES[u32(12)] ?? '(unknown)'}\n`;
    case BtfKind.DATASEC:
      return `${head} size=${third} vlen=${infoVlen(info)}${listVariables(btf, start, info)}\n`;
    case BtfKind.FLOAT:
      return `${head} size=${third}\n`;
    case BtfKind.DECL_TAG:
      return `${head} type_id=${third} component_idx=${u32(12) | 0}\n`;
    default:
      if (kind > BtfKind.ENUM64) return `${head} kind=${kind} vlen=${infoVlen(info)}\n`;
      return `${head} type_id=${third}\n`;
  }
}

function listMembers(btf: Btf, start: number, info: number): string {
  const { view, littleEndian } = btf;
  const end = start + 12 + infoVlen(info) * 12;
  const flag = infoFlag(info);
  let text = '';
  for (let at = start + 12; at < end; at += 12) {
    const name = nameAt(btf, view.getUint32(at, littleEndian));
    const word = view.getUint32(at + 8, littleEndian);
    text += `\n\t'${name}' type_id=${view.getUint32(at + 4, littleEndian)} bits_offset=${flag ? word & 0xffffff : word}`;
    if (flag && word >>> 24 !== 0) text += ` bitfield_size=${word >>> 24}`;
  }
  return text;
}

function listValues(btf: Btf, start: number, info: number): string {
  const { view, littleEndian } = btf;
  const end = start + 12 + infoVlen(info) * 8;
  const signed = infoFlag(info);
  let text = '';
  for (let at = start + 12; at < end; at += 8) {
    const name = nameAt(btf, view.getUint32(at, littleEndian));
    const value = view.getUint32(at + 4, littleEndian);
    text += `\n\t'${name}' val=${signed ? value | 0 : value}`;
  }
  return text;
}

function listWideValues(btf: Btf, start: number, info: number): string {
  const { view, littleEndian } = btf;
  const end = start + 12 + infoVlen(info) * 12;
  const signed = infoFlag(info);
  let text = '';
  for (let at = start + 12; at < end; at += 12) {
    const name = nameAt(btf, view.getUint32(at, littleEndian));
    const high = view.getUint32(at + 8, littleEndian);
    const value = (BigInt(high) << 32n) | BigInt(view.getUint32(at + 4, littleEndian));
    text += `\n\t'${name}' val=${signed ? `${BigInt.asIntN(64, value)}LL` : `${value}ULL`}`;
  }
  return text;
}

function listParameters(btf: Btf, start: number, info: number): string {
  const { view, littleEndian } = btf;
  const end = start + 12 + infoVlen(info) * 8;
  let text = '';
  for (let at = start + 12; at < end; at += 8) {
    const name = nameAt(btf, view.getUint32(at, littleEndian));
    text += `\n\t'${name}' type_id=${view.getUint32(at + 4, littleEndian)}`;
  }
  return text;
}

function listVariables(btf: Btf, start: number, info: number): string {
  const { view, littleEndian } = btf;
  const end = start + 12 + infoVlen(info) * 12;
  let text = '';
  for (let at = start + 12; at < end; at += 12) {
    const id = view.getUint32(at, littleEndian);
    const offset = view.getUint32(at + 4, littleEndian);
    text += `\n\ttype_id=${id} offset=${offset} size=${view.getUint32(at + 8, littleEndian)}`;
    if (id < btf.typeCount)
      text += ` (${KINDS[btf.kindOf(id)] ?? 'UNKNOWN'} '${nameAt(btf, btf.nameOffset(id))}')`;
  }
  return text;
}

function nameAt(btf: Btf, offset: number): string {
  if (offset === 0) return '(anon)';
  return offset < btf.stringsEnd ? btf.string(offset) : '(invalid)';
}

function intEncoding(encoding: number): string {
  switch (encoding) {
    case 0:
      return '(none)';
    case 1:
      return 'SIGNED';
    case 2:
      return 'CHAR';
    case 4:
      return 'BOOL';
    default:
      return 'UNKN';
  }
}
