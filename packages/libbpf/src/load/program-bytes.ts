/**
 * Tiny programs for trials.
 */

import { LITTLE } from '../sys/attr.js';

/** Instructions from [opcode, registers, offset, immediate]. */
export function program(
  ...instructions: readonly (readonly [number, number, number, number])[]
): Uint8Array {
  const bytes = new Uint8Array(instructions.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, [opcode, registers, offset, immediate]] of instructions.entries()) {
    view.setUint8(index * 8, opcode);
    view.setUint8(index * 8 + 1, registers);
    view.setInt16(index * 8 + 2, offset, LITTLE);
    view.setInt32(index * 8 + 4, immediate, LITTLE);
  }
  return bytes;
}
