/**
 * Structs of a C skeleton that mirror memory: data sections, and the shadow of a struct_ops map.
 *
 * Layout as bpftool's (gen.c, codegen_datasec_def): members in order, `__padN` where the next one would start too early with an
 * alignment of at most 4, so that the offsets hold on 32-bit hosts too.
 */

import type { Btf, BtfMember } from '@libbpf-ts/btf';
import { type CDumper, createCDumper } from '@libbpf-ts/btf-dump';
import type { MapSpec } from '@libbpf-ts/libbpf/open';
import { SkelgenError } from '../failure.js';
import { Names } from '../generate/identifiers.js';
import { cIdentifier, isDeclarable, needsTypeof, unmodified } from './c-names.js';

const MAX_ALIGNMENT = 4;

/** A variable and the member that it is reached by. */
export interface CVariable {
  /** As in the object. */
  readonly name: string;
  readonly member: string;
  readonly size: number;
}

export interface CStruct {
  /** Declarations, without indentation and semicolon. */
  readonly lines: readonly string[];
  readonly variables: readonly CVariable[];
}

/** Writes declarations of the members of structs. */
export class CMembers {
  readonly #btf: Btf;
  readonly #dumper: CDumper;

  constructor(btf: Btf) {
    this.#btf = btf;
    this.#dumper = createCDumper(btf);
  }

  /** The variables of a section that are not static, each at its offset. */
  section(map: MapSpec): CStruct {
    const lines: string[] = [];
    const variables: CVariable[] = [];
    const taken = new Names();
    let end = 0;
    let pads = 0;
    for (const { name, offset, size, typeId, linkage } of map.variables) {
      if (linkage === 'static') continue;
      if (offset < end) {
        throw new SkelgenError(
          'SKELGEN_BAD_LAYOUT',
          `section "${map.section}": variable "${name}" is at ${offset}, inside the one before it, which ends at ${end}`,
        );
      }
      const type = this.#btf.type(typeId);
      const inner = type.kind === 'var' ? type.typeId : typeId;
      const align = Math.min(MAX_ALIGNMENT, this.#btf.alignOf(inner));
      if (Math.ceil(end / align) * align !== offset)
        lines.push(`char ${taken.take(`__pad${pads++}`)}[${offset - end}]`);
      const member = taken.take(cIdentifier(name));
      lines.push(this.#declare(inner, member, size, map.origin !== 'kconfig'));
      variables.push({ name, member, size });
      end = offset + size;
    }
    return { lines, variables };
  }

  /** The same variables, as pointers to them. */
  pointers(map: MapSpec): CStruct {
    const lines: string[] = [];
    const variables: CVariable[] = [];
    const taken = new Names();
    for (const { name, size, typeId, linkage } of map.variables) {
      if (linkage === 'static') continue;
      const type = this.#btf.type(typeId);
      const inner = type.kind === 'var' ? type.typeId : typeId;
      const member = taken.take(cIdentifier(name));
      if (!isDeclarable(this.#btf, inner)) lines.push(`char (*${member})[${size}]`);
      else {
        const bare = this.#declare(inner, '', size, true);
        lines.push(
          needsTypeof(this.#btf, inner) ? `__typeof__(${bare}) *${member}` : `${bare} *${member}`,
        );
      }
      variables.push({ name, member, size });
    }
    return { lines, variables };
  }

  /**
   * The shadow of a struct_ops map: scalars as they are, pointers to functions as programs, everything else as bytes.
   * Names as bpftool has them: `__unsupported_I`, `__padding_I`, `__padding_end`.
   */
  shadow(structId: number): readonly string[] {
    const type = this.#btf.type(structId);
    if (type.kind !== 'struct') return [];
    const lines: string[] = [];
    let end = 0;
    for (const [index, member] of type.members.entries()) {
      const offset = Math.floor(member.bitOffset / 8);
      const kept = this.#shadowMember(member);
      const size = this.#btf.sizeOf(member.typeId);
      const align = this.#btf.alignOf(member.typeId);
      const natural = kept === undefined ? end : Math.ceil(end / align) * align;
      if (natural < offset) lines.push(`char __padding_${index}[${offset - end}]`);
      if (kept !== undefined) {
        lines.push(kept);
        end = offset + size;
      } else {
        // Up to the next member: its own bytes and what follows them.
        lines.push(`char __unsupported_${index}[${size}]`);
        end = offset + size;
      }
    }
    if (end < type.size) lines.push(`char __padding_end[${type.size - end}]`);
    return lines;
  }

  #shadowMember({ name, typeId, bitSize }: BtfMember): string | undefined {
    const type = this.#btf.type(this.#btf.resolve(typeId));
    const member = cIdentifier(name);
    if (type.kind === 'ptr') {
      const target = unmodified(this.#btf, type.typeId);
      return target.kind === 'func_proto' ? `struct bpf_program *${member}` : undefined;
    }
    if (!['int', 'float', 'enum', 'enum64'].includes(type.kind) || bitSize !== 0) return undefined;
    if (!isDeclarable(this.#btf, typeId)) return undefined;
    return this.#declare(type.id, member, 0, true);
  }

  #declare(typeId: number, name: string, size: number, stripModifiers: boolean): string {
    if (!isDeclarable(this.#btf, typeId)) return `char ${name}[${size}]`;
    const options = { fieldName: name, indentLevel: 2, stripModifiers };
    return this.#dumper.emitTypeDeclaration(typeId, options);
  }
}
