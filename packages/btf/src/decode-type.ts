/**
 * One type record → plain data. The records were measured when the BTF was parsed, so reading stays inside; string offsets
 * and type ids are checked here, where they are read.
 *
 * Source of truth: linux/include/uapi/linux/btf.h.
 */

import type { Btf } from './btf.js';
import { BtfError } from './errors.js';
import { infoFlag, infoKind, infoVlen, kindName, RECORD_SIZE } from './record.js';
import { BtfKind, type BtfLinkage, type BtfMember, type BtfType } from './types.js';

const VOID: BtfType = { kind: 'void', id: 0, name: '' };
const LINKAGES: readonly (BtfLinkage | undefined)[] = ['static', 'global', 'extern'];

/** Bits of the `encoding` of an INT. */
const INT_SIGNED = 1;
const INT_CHAR = 2;
const INT_BOOL = 4;

/** Decodes the type `id`, which must be one of `btf`'s own, or 0. */
export function decodeType(btf: Btf, id: number): BtfType {
  if (id === 0) return VOID;
  return new RecordReader(btf, id).read();
}

class RecordReader {
  readonly btf: Btf;
  readonly id: number;
  readonly start: number;
  readonly view: DataView;
  readonly littleEndian: boolean;
  readonly info: number;
  readonly name: string;

  constructor(btf: Btf, id: number) {
    this.btf = btf;
    this.id = id;
    this.start = btf.recordOffset(id);
    this.view = btf.view;
    this.littleEndian = btf.littleEndian;
    this.info = this.u32(4);
    this.name = this.string(0, '');
  }

  read(): BtfType {
    const { id, name, info } = this;
    const kindFlag = infoFlag(info);
    switch (infoKind(info)) {
      case BtfKind.INT:
        return this.int();
      case BtfKind.PTR:
        return { kind: 'ptr', id, name, typeId: this.typeId(8) };
      case BtfKind.ARRAY:
        return {
          kind: 'array',
          id,
          name,
          elementTypeId: this.typeId(12, 'element'),
          indexTypeId: this.typeId(16, 'index'),
          length: this.u32(20),
        };
      case BtfKind.STRUCT:
        return {
          kind: 'struct',
          id,
          name,
          size: this.u32(8),
          kindFlag,
          members: this.members(kindFlag),
        };
      case BtfKind.UNION:
        return {
          kind: 'union',
          id,
          name,
          size: this.u32(8),
          kindFlag,
          members: this.members(kindFlag),
        };
      case BtfKind.ENUM:
        return {
          kind: 'enum',
          id,
          name,
          size: this.u32(8),
          signed: kindFlag,
          values: this.values(kindFlag),
        };
      case BtfKind.FWD:
        return { kind: 'fwd', id, name, fwdKind: kindFlag ? 'union' : 'struct' };
      case BtfKind.TYPEDEF:
        return { kind: 'typedef', id, name, typeId: this.typeId(8) };
      case BtfKind.VOLATILE:
        return { kind: 'volatile', id, name, typeId: this.typeId(8) };
      case BtfKind.CONST:
        return { kind: 'const', id, name, typeId: this.typeId(8) };
      case BtfKind.RESTRICT:
        return { kind: 'restrict', id, name, typeId: this.typeId(8) };
      case BtfKind.FUNC:
        return {
          kind: 'func',
          id,
          name,
          typeId: this.typeId(8),
          linkage: this.linkage(infoVlen(info), 4),
        };
      case BtfKind.FUNC_PROTO:
        return {
          kind: 'func_proto',
          id,
          name,
          returnTypeId: this.typeId(8, 'return value'),
          parameters: this.parameters(),
        };
      case BtfKind.VAR:
        return {
          kind: 'var',
          id,
          name,
          typeId: this.typeId(8),
          linkage: this.linkage(this.u32(12), 12),
        };
      case BtfKind.DATASEC:
        return { kind: 'datasec', id, name, size: this.u32(8), variables: this.variables() };
      case BtfKind.FLOAT:
        return { kind: 'float', id, name, size: this.u32(8) };
      case BtfKind.DECL_TAG:
        return {
          kind: 'decl_tag',
          id,
          name,
          typeId: this.typeId(8),
          componentIndex: this.s32(12),
          kindFlag,
        };
      case BtfKind.TYPE_TAG:
        return { kind: 'type_tag', id, name, typeId: this.typeId(8), kindFlag };
      case BtfKind.ENUM64:
        return {
          kind: 'enum64',
          id,
          name,
          size: this.u32(8),
          signed: kindFlag,
          values: this.wideValues(kindFlag),
        };
      default:
        return {
          kind: 'unknown',
          id,
          name,
          kindNumber: infoKind(info),
          kindFlag,
          vlen: infoVlen(info),
          sizeOrType: this.u32(8),
          rest: this.btf.bytes.subarray(this.start + RECORD_SIZE, this.btf.recordEnd(id)),
        };
    }
  }

  private int(): BtfType {
    const word = this.u32(12);
    const encoding = (word >>> 24) & 0xf;
    return {
      kind: 'int',
      id: this.id,
      name: this.name,
      size: this.u32(8),
      bits: word & 0xff,
      offset: (word >>> 16) & 0xff,
      signed: (encoding & INT_SIGNED) !== 0,
      char: (encoding & INT_CHAR) !== 0,
      bool: (encoding & INT_BOOL) !== 0,
    };
  }

  private members(kindFlag: boolean): BtfMember[] {
    return this.entries(12, (at, index) => {
      const word = this.u32(at + 8);
      return {
        name: this.string(at, `member ${index}`),
        typeId: this.typeId(at + 4, `member ${index}`),
        bitOffset: kindFlag ? word & 0xffffff : word,
        bitSize: kindFlag ? word >>> 24 : 0,
      };
    });
  }

  private values(signed: boolean): { name: string; value: number }[] {
    return this.entries(8, (at, index) => ({
      name: this.string(at, `value ${index}`),
      value: signed ? this.s32(at + 4) : this.u32(at + 4),
    }));
  }

  private wideValues(signed: boolean): { name: string; value: bigint }[] {
    return this.entries(12, (at, index) => {
      const value = (BigInt(this.u32(at + 8)) << 32n) | BigInt(this.u32(at + 4));
      return {
        name: this.string(at, `value ${index}`),
        value: signed ? BigInt.asIntN(64, value) : value,
      };
    });
  }

  private parameters(): { name: string; typeId: number }[] {
    return this.entries(8, (at, index) => ({
      name: this.string(at, `parameter ${index}`),
      typeId: this.typeId(at + 4, `parameter ${index}`),
    }));
  }

  private variables(): { typeId: number; offset: number; size: number }[] {
    return this.entries(12, (at, index) => ({
      typeId: this.typeId(at, `variable ${index}`),
      offset: this.u32(at + 4),
      size: this.u32(at + 8),
    }));
  }

  /** Entries of `size` bytes each, after the first 12 bytes of the record. */
  private entries<Entry>(size: number, read: (at: number, index: number) => Entry): Entry[] {
    const count = infoVlen(this.info);
    const entries: Entry[] = [];
    for (let index = 0, at = 12; index < count; index++, at += size) entries.push(read(at, index));
    return entries;
  }

  private u32(at: number): number {
    return this.view.getUint32(this.start + at, this.littleEndian);
  }

  private s32(at: number): number {
    return this.view.getInt32(this.start + at, this.littleEndian);
  }

  private typeId(at: number, part = ''): number {
    const typeId = this.u32(at);
    if (this.btf.hasType(typeId)) return typeId;
    throw new BtfError({
      code: 'BTF_BAD_TYPE_ID',
      offset: this.start + at,
      subject: this.subject(part),
      typeId,
      typeCount: this.btf.typeCount,
    });
  }

  private string(at: number, part: string): string {
    const offset = this.u32(at);
    const limit = this.btf.stringsEnd;
    if (offset < limit) return this.btf.string(offset);
    throw new BtfError({
      code: 'BTF_BAD_STRING_OFFSET',
      offset: this.start + at,
      subject: this.subject(part),
      found: offset,
      limit,
    });
  }

  private linkage(found: number, at: number): BtfLinkage {
    const linkage = LINKAGES[found];
    if (linkage !== undefined) return linkage;
    throw new BtfError({
      code: 'BTF_BAD_TYPE',
      offset: this.start + at,
      typeId: this.id,
      subject: this.subject(''),
      problem: 'unknown linkage',
      found: String(found),
      expected: '0 (static), 1 (global) or 2 (extern)',
    });
  }

  private subject(part: string): string {
    const kind = kindName(infoKind(this.info));
    // Unset while the name itself is being read.
    const known: string | undefined = this.name;
    const name = known === undefined || known === '' ? '' : ` "${known}"`;
    return `BTF type ${this.id} (${kind}${name})${part === '' ? '' : ` ${part}`}`;
  }
}
