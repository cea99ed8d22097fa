/**
 * BPF instructions in bytes: 8 each, 16 for `ld_imm64`.
 *
 * linux/include/uapi/linux/bpf.h, struct bpf_insn: code u8, dst_reg and src_reg 4 bits each, off s16, imm s32.
 */

export const INSTRUCTION_SIZE = 8;
export const LD_IMM64 = 0x18;
export const CALL = 0x85;

/** Classes: the low three bits of the opcode. */
export const CLASS_LD = 0;
export const CLASS_LDX = 1;
export const CLASS_ST = 2;
export const CLASS_STX = 3;
export const CLASS_ALU = 4;
export const CLASS_ALU64 = 7;

/** Reads and writes instructions of one function, by byte offset. */
export class Code {
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, littleEndian: boolean) {
    this.bytes = bytes;
    this.littleEndian = littleEndian;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get count(): number {
    return this.bytes.byteLength / INSTRUCTION_SIZE;
  }
  opcode(at: number): number {
    return this.bytes[at]!;
  }
  setOpcode(at: number, value: number): void {
    this.bytes[at] = value;
  }
  source(at: number): number {
    return this.littleEndian ? this.bytes[at + 1]! >> 4 : this.bytes[at + 1]! & 0xf;
  }
  setSource(at: number, register: number): void {
    const byte = this.bytes[at + 1]!;
    this.bytes[at + 1] = this.littleEndian
      ? (byte & 0xf) | (register << 4)
      : (byte & 0xf0) | register;
  }
  offset(at: number): number {
    return this.#view.getInt16(at + 2, this.littleEndian);
  }
  setOffset(at: number, value: number): void {
    this.#view.setInt16(at + 2, value, this.littleEndian);
  }
  immediate(at: number): number {
    return this.#view.getInt32(at + 4, this.littleEndian);
  }
  setImmediate(at: number, value: number): void {
    this.#view.setInt32(at + 4, value, this.littleEndian);
  }
  /** The 64 bits of an `ld_imm64`. */
  immediate64(at: number): bigint {
    return (BigInt(this.immediate(at + 8)) << 32n) | BigInt(this.immediate(at) >>> 0);
  }
  setImmediate64(at: number, value: bigint): void {
    this.setImmediate(at, Number(BigInt.asIntN(32, value)));
    this.setImmediate(at + 8, Number(BigInt.asIntN(32, value >> 32n)));
  }
  isLdImm64(at: number): boolean {
    return this.opcode(at) === LD_IMM64;
  }
  isFunctionCall(at: number): boolean {
    return this.opcode(at) === CALL && this.source(at) === 1;
  }

  /** Replaces an instruction by a call that no kernel knows, so that the verifier stops there if it ever gets there. */
  poison(at: number, marker: number): void {
    if (this.isLdImm64(at)) this.#poisonOne(at + 8, marker);
    this.#poisonOne(at, marker);
  }
  #poisonOne(at: number, marker: number): void {
    this.setOpcode(at, CALL);
    this.bytes[at + 1] = 0;
    this.setOffset(at, 0);
    this.setImmediate(at, marker);
  }
}
