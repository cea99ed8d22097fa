/**
 * Other instructions for a program, in place of the compiled ones.
 */

import type { FunctionSpec } from './object-spec.js';

/**
 * Replaces the code of a program before it is loaded.
 *
 * What an instruction refers to (maps, functions, externs, CO-RE accesses) stays with instructions that are the same as before, at the
 * same place; for all others it is gone, so that new code is taken as it is.
 *
 * @param instructions - 8 bytes each, in the object's byte order; copied
 * @throws RangeError if they are none, or no whole ones
 */
export function replaceInstructions(spec: FunctionSpec, instructions: Uint8Array): void {
  if (instructions.byteLength === 0 || instructions.byteLength % 8 !== 0) {
    throw new RangeError(
      `program "${spec.name}": ${instructions.byteLength} bytes are no instructions, expected a multiple of 8 and at least 8`,
    );
  }
  const old = spec.instructions;
  const isKept = (offset: number) => {
    if (offset + 8 > instructions.byteLength) return false;
    for (let index = offset; index < offset + 8; index++)
      if (instructions[index] !== old[index]) return false;
    return true;
  };
  spec.instructions = instructions.slice();
  spec.relocations = spec.relocations.filter(({ offset }) => isKept(offset));
  spec.coreRelocations = spec.coreRelocations.filter(({ insnOffset }) => isKept(insnOffset));
}
