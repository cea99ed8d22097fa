/**
 * All types as one JSON document, byte for byte what `bpftool -j btf dump file FILE` of bpftool 7.5 prints: kinds as the
 * kernel names them, `(anon)` for no name, 64-bit values as plain numbers. Of a split BTF only its own types. One
 * difference: bpftool prints enumerators from 2**31 on as if they were negative 64-bit values.
 */

import type { Btf, BtfType } from '@libbpf-ts/btf';

/** Options of {@link dumpJson}. */
export interface DumpJsonOptions {
  /** Only these types, in this order; all own types by default. */
  readonly roots?: readonly number[];
}

/** Text is handed out when there is at least this much of it. */
const CHUNK_LENGTH = 1 << 15;

/**
 * One JSON document in chunks of some 32 KiB.
 *
 * @throws {@link BtfError} for malformed types
 */
export function* dumpJson(
  btf: Btf,
  options: DumpJsonOptions = {},
): Generator<string, void, undefined> {
  let out = '{"types":[';
  let separator = '';
  const types = options.roots?.map((id) => btf.type(id)) ?? btf.types();
  for (const type of types) {
    out += separator + jsonOf(type);
    separator = ',';
    if (out.length < CHUNK_LENGTH) continue;
    yield out;
    out = '';
  }
  yield `${out}]}\n`;
}

function jsonOf(type: BtfType): string {
  const head = `{"id":${type.id},"kind":"${type.kind.toUpperCase()}","name":${nameOf(type)}`;
  switch (type.kind) {
    case 'void':
    case 'ptr':
    case 'typedef':
    case 'volatile':
    case 'const':
    case 'restrict':
    case 'type_tag':
      return `${head},"type_id":${type.kind === 'void' ? 0 : type.typeId}}`;
    case 'int': {
      const { size, offset, bits } = type;
      const encoding = type.signed ? 'SIGNED' : type.char ? 'CHAR' : type.bool ? 'BOOL' : '(none)';
      return `${head},"size":${size},"bits_offset":${offset},"nr_bits":${bits},"encoding":"${encoding}"}`;
    }
    case 'array':
      return `${head},"type_id":${type.elementTypeId},"index_type_id":${type.indexTypeId},"nr_elems":${type.length}}`;
    case 'struct':
    case 'union':
      return `${head},"size":${type.size},"vlen":${type.members.length},"members":[${type.members
        .map((member) => {
          const width = member.bitSize === 0 ? '' : `,"bitfield_size":${member.bitSize}`;
          return `{"name":${nameOf(member)},"type_id":${member.typeId},"bits_offset":${member.bitOffset}${width}}`;
        })
        .join()}]}`;
    case 'enum':
    case 'enum64': {
      const encoding = type.signed ? 'SIGNED' : 'UNSIGNED';
      const values: readonly { name: string; value: number | bigint }[] = type.values;
      return `${head},"encoding":"${encoding}","size":${type.size},"vlen":${values.length},"values":[${values
        .map((one) => `{"name":${nameOf(one)},"val":${one.value}}`)
        .join()}]}`;
    }
    case 'fwd':
      return `${head},"fwd_kind":"${type.fwdKind}"}`;
    case 'func':
    case 'var':
      return `${head},"type_id":${type.typeId},"linkage":"${type.linkage}"}`;
    case 'func_proto':
      return `${head},"ret_type_id":${type.returnTypeId},"vlen":${type.parameters.length},"params":[${type.parameters
        .map((one) => `{"name":${nameOf(one)},"type_id":${one.typeId}}`)
        .join()}]}`;
    case 'datasec':
      return `${head},"size":${type.size},"vlen":${type.variables.length},"vars":[${type.variables
        .map((one) => `{"type_id":${one.typeId},"offset":${one.offset},"size":${one.size}}`)
        .join()}]}`;
    case 'float':
      return `${head},"size":${type.size}}`;
    case 'decl_tag':
      return `${head},"type_id":${type.typeId},"component_idx":${type.componentIndex}}`;
    case 'unknown':
      return `${head},"kind_number":${type.kindNumber},"vlen":${type.vlen}}`;
  }
}

function nameOf(named: { readonly name: string }): string {
  return named.name === '' ? '"(anon)"' : JSON.stringify(named.name);
}
