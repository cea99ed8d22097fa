/**
 * One pass over the records of a BTF: where each starts, what is referred to, and which types printing begins with.
 */

import { type Btf, BtfKind } from '@libbpf-ts/btf';

/** What the pass found, by type id. */
export interface RecordIndex {
  /** Word index of each type's record; unused for id 0. */
  readonly at: Uint32Array;
  /** 1 for each type that another one refers to. */
  readonly referenced: Uint8Array;
  /** Ids of everything that has a definition, or may lead to one by its own name: no functions, no prototypes. */
  readonly candidates: Uint32Array;
  /** Ids of types without a definition of their own that lead to others: pointers, prototypes, anonymous structs. */
  readonly links: Uint32Array;
  /** Ids of the declaration tags. */
  readonly tags: readonly number[];
}

const CANDIDATE = 1;
const LINK = 2;
/** What types of a kind are among, those with a name and those without. */
const NAMED = new Uint8Array(128);
const ANONYMOUS = new Uint8Array(128);
{
  const { INT, ENUM, ENUM64, FLOAT, FWD, TYPEDEF, STRUCT, UNION, DECL_TAG } = BtfKind;
  const { PTR, ARRAY, CONST, VOLATILE, RESTRICT, TYPE_TAG, FUNC_PROTO } = BtfKind;
  for (const kind of [INT, ENUM, ENUM64, FLOAT, FWD, TYPEDEF]) {
    NAMED[kind] = CANDIDATE;
    ANONYMOUS[kind] = CANDIDATE;
  }
  for (const kind of [STRUCT, UNION]) {
    NAMED[kind] = CANDIDATE;
    ANONYMOUS[kind] = LINK;
  }
  for (const kind of [PTR, ARRAY, CONST, VOLATILE, RESTRICT, TYPE_TAG, FUNC_PROTO]) {
    NAMED[kind] = CANDIDATE | LINK;
    ANONYMOUS[kind] = LINK;
  }
  NAMED[DECL_TAG] = CANDIDATE;
}

/** Indexes the records in `words`, those of `btf` and its bases. */
export function indexRecords(btf: Btf, words: Uint32Array): RecordIndex {
  const count = btf.typeCount;
  const at = new Uint32Array(count);
  const referenced = new Uint8Array(count);
  const candidates = new Uint32Array(count);
  const links = new Uint32Array(count);
  const tags: number[] = [];
  let candidateCount = 0;
  let linkCount = 0;
  let record = 0;
  for (let id = 1; id < count; id++) {
    const start = record;
    at[id] = start;
    const info = words[start + 1]!;
    record += 3;
    const kind = (info >>> 24) & 0x7f;
    switch (kind) {
      case 12: // FUNC
        // Nearly half of a kernel's types.
        continue;
      case 13: // FUNC_PROTO
        referenced[words[start + 2]!] = 1;
        for (const end = record + (info & 0xff_ffff) * 2; record < end; record += 2) {
          referenced[words[record + 1]!] = 1;
        }
        break;
      case 4: // STRUCT
      case 5: // UNION
        for (const end = record + (info & 0xff_ffff) * 3; record < end; record += 3) {
          referenced[words[record + 1]!] = 1;
        }
        break;
      case 6: // ENUM
        record += (info & 0xff_ffff) * 2;
        break;
      case 19: // ENUM64
        record += (info & 0xff_ffff) * 3;
        break;
      case 15: // DATASEC
        for (const end = record + (info & 0xff_ffff) * 3; record < end; record += 3) {
          referenced[words[record]!] = 1;
        }
        break;
      case 3: // ARRAY
        referenced[words[record]!] = 1;
        referenced[words[record + 1]!] = 1;
        record += 3;
        break;
      case 1: // INT
        record++;
        break;
      case 7: // FWD
      case 16: // FLOAT
        break;
      case 17: // DECL_TAG
        tags.push(id);
        referenced[words[start + 2]!] = 1;
        record++;
        break;
      case 14: // VAR
        referenced[words[start + 2]!] = 1;
        record++;
        break;
      case 2: // PTR
      case 8: // TYPEDEF
      case 9: // VOLATILE
      case 10: // CONST
      case 11: // RESTRICT
      case 18: // TYPE_TAG
        referenced[words[start + 2]!] = 1;
        break;
      default:
        // Newer than this package, and of a size that the layout section tells: nothing of it can be printed.
        record += ((btf.recordEnd(id) - btf.recordOffset(id)) >>> 2) - 3;
    }
    const roles = words[start] === 0 ? ANONYMOUS[kind]! : NAMED[kind]!;
    if ((roles & CANDIDATE) !== 0) candidates[candidateCount++] = id;
    if ((roles & LINK) !== 0) links[linkCount++] = id;
  }
  return {
    at,
    referenced,
    candidates: candidates.subarray(0, candidateCount),
    links: links.subarray(0, linkCount),
    tags,
  };
}
