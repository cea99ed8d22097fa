/**
 * Tables of indirect jumps (`switch` with -mcpu=v4 of LLVM 22): a map of type INSN_ARRAY for each, frozen, before the program loads.
 *
 * The verifier follows the jump through the map and rewrites its values as it moves instructions, so every program has maps of its
 * own, and nobody else needs them: they are the program's once it is loaded. Rules as in libbpf's create_jt_map.
 */

import { BpfError, FeatureError, SyscallError } from '../errors.js';
import { BPF_PSEUDO_MAP_VALUE, mapType } from '../open/constants.js';
import type { InstructionRelocation, ObjectSpec } from '../open/object-spec.js';
import { LITTLE } from '../sys/attr.js';
import { mapCreate, mapFreeze, mapUpdateElem } from '../sys/bpf.js';
import { closeFd } from '../sys/fd.js';
import { hasFeature } from './features.js';
import { INSTRUCTION_SIZE } from './instruction.js';
import type { LinkedProgram } from './link-program.js';
import { mapTypeSince, mapTypeSupport } from './type-support.js';

type JumpTable = Extract<InstructionRelocation, { kind: 'jump-table' }>;

/** Bytes of `struct bpf_insn_array_value`: where the instruction was, then where the verifier and the JIT have put it. */
const VALUE_SIZE = 16;

/**
 * Makes the maps of a program's jump tables and puts them into its instructions.
 *
 * @returns their descriptors, to be closed when the program is loaded
 */
export function fillJumpTables(object: ObjectSpec, program: LinkedProgram): number[] {
  const { code, relocations } = program;
  const fds: number[] = [];
  try {
    const made = new Map<string, number>();
    for (const relocation of relocations) {
      if (relocation.kind !== 'jump-table') continue;
      const targets = placesInProgram(object, program, relocation);
      const key = String(targets);
      let fd = made.get(key);
      if (fd === undefined) {
        fd = createTable(object, program, targets);
        made.set(key, fd);
        fds.push(fd);
      }
      code.setSource(relocation.offset, BPF_PSEUDO_MAP_VALUE);
      code.setImmediate(relocation.offset, fd);
    }
    return fds;
  } catch (error) {
    for (const fd of fds) closeFd(fd);
    throw error;
  }
}

/** Where the jumps go: instructions from the start of the program. */
function placesInProgram(
  object: ObjectSpec,
  { spec, placements }: LinkedProgram,
  { offset, targets }: JumpTable,
): number[] {
  const { function: owner, offset: start } = placements.findLast((one) => one.offset <= offset)!;
  const { sectionOffset, compiledSize, name } = owner.spec;
  return targets.map((target) => {
    const inside = target - sectionOffset;
    if (inside < 0 || inside >= compiledSize) {
      throw new BpfError(
        'BPF_BAD_OBJECT',
        `program "${spec.name}": a table in section ".jumptables" leads from function "${name}" to byte ${target} of section "${owner.spec.section}", which is outside of it`,
        { object: object.name, program: spec.name, section: '.jumptables' },
      );
    }
    return (start + inside) / INSTRUCTION_SIZE;
  });
}

function createTable(
  object: ObjectSpec,
  { spec }: LinkedProgram,
  places: readonly number[],
): number {
  const facts = { object: object.name, program: spec.name, section: '.jumptables' };
  const type = mapType('INSN_ARRAY');
  let fd: number;
  try {
    fd = mapCreate({
      mapType: type,
      keySize: 4,
      valueSize: VALUE_SIZE,
      maxEntries: places.length,
      ...(hasFeature('programNames') && { name: '.jumptables' }),
    });
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    if (mapTypeSupport(type) === 'no') {
      throw new FeatureError(
        'maps of type INSN_ARRAY for the jump tables in section ".jumptables"',
        mapTypeSince(type),
        {
          subject: `program "${spec.name}"`,
          hint: 'compile with -fno-jump-tables',
          ...facts,
          cause,
        },
      );
    }
    throw notMade(spec.name, places, cause, facts);
  }
  try {
    const value = new DataView(new ArrayBuffer(VALUE_SIZE));
    for (const [index, place] of places.entries()) {
      value.setUint32(0, place, LITTLE);
      mapUpdateElem(
        fd,
        new Uint8Array(new Uint32Array([index]).buffer),
        new Uint8Array(value.buffer),
      );
    }
    mapFreeze(fd);
    return fd;
  } catch (cause) {
    closeFd(fd);
    throw notMade(spec.name, places, cause as Error, facts);
  }
}

function notMade(
  program: string,
  places: readonly number[],
  cause: Error,
  facts: object,
): BpfError {
  return new BpfError(
    'BPF_MAP_CREATE',
    `program "${program}": the map for a jump table of ${places.length} places could not be made: ${cause.message}`,
    { ...facts, cause },
  );
}
