/**
 * Argument descriptions in the maps of usdt.bpf.h: `__bpf_usdt_specs` by number, and, for kernels without attach cookies,
 * `__bpf_usdt_ip_to_spec_id` from the instruction's address to that number.
 *
 * The layout of the records is taken from the object's own BTF, since usdt.bpf.h has changed it over time.
 */

import { type Btf, BtfKind } from '@libbpf-ts/btf';
import { SyscallError } from '../errors.js';
import { InfoBuffer } from '../info/info-buffer.js';
import { LITTLE } from '../sys/attr.js';
import { mapDeleteElem, mapUpdateElem } from '../sys/bpf.js';
import type { ProgramOwner } from './attachable.js';
import { MAX_USDT_ARGUMENTS, type UsdtArgument } from './usdt-args.js';

/** Bit positions in `struct __bpf_usdt_arg_spec`, and byte offsets in `struct __bpf_usdt_spec`. */
interface Layout {
  readonly argumentSize: number;
  readonly cookieOffset: number;
  readonly countOffset: number;
  readonly size: number;
  readonly fields: ReadonlyMap<string, { readonly bit: number; readonly bits: number }>;
}

/** usdt.bpf.h of libbpf 0.8 to 1.6. */
const CLASSIC: Layout = {
  argumentSize: 16,
  cookieOffset: 192,
  countOffset: 200,
  size: 208,
  fields: new Map([
    ['val_off', { bit: 0, bits: 64 }],
    ['arg_type', { bit: 64, bits: 32 }],
    ['reg_off', { bit: 96, bits: 16 }],
    ['arg_signed', { bit: 112, bits: 8 }],
    ['arg_bitshift', { bit: 120, bits: 8 }],
  ]),
};

const TYPES = { constant: 0, register: 1, memory: 2, 'indexed memory': 3 } as const;

/** The numbers in use of one object's maps. */
export class UsdtSpecs {
  readonly #specsFd: number;
  readonly #ipsFd: number | undefined;
  readonly #layout: Layout;
  readonly #capacity: number;
  readonly #free: number[] = [];
  #next = 0;

  private constructor(specsFd: number, ipsFd: number | undefined, layout: Layout) {
    this.#specsFd = specsFd;
    this.#ipsFd = ipsFd;
    this.#layout = layout;
    this.#capacity = new InfoBuffer(88).read(specsFd).u32(16);
  }

  static readonly #known = new WeakMap<ProgramOwner, UsdtSpecs>();

  /** Those of an object; `undefined` if it was not compiled with usdt.bpf.h. */
  static of(owner: ProgramOwner): UsdtSpecs | undefined {
    const known = UsdtSpecs.#known.get(owner);
    if (known !== undefined) return known;
    const specsFd = owner.mapFd('__bpf_usdt_specs');
    if (specsFd === undefined) return undefined;
    const layout = owner.spec.btf === undefined ? CLASSIC : (layoutOf(owner.spec.btf) ?? CLASSIC);
    const made = new UsdtSpecs(specsFd, owner.mapFd('__bpf_usdt_ip_to_spec_id'), layout);
    UsdtSpecs.#known.set(owner, made);
    return made;
  }

  /** Whether the object's usdt.bpf.h can read `disp(%base,%index,scale)`. */
  get hasIndexedMemory(): boolean {
    return this.#layout.fields.has('idx_reg_off');
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Writes a description. @returns its number, or `undefined` if the map is full */
  add(args: readonly UsdtArgument[], cookie: bigint): number | undefined {
    const id = this.#free.pop() ?? (this.#next < this.#capacity ? this.#next++ : undefined);
    if (id === undefined) return undefined;
    try {
      mapUpdateElem(this.#specsFd, word32(id), encode(this.#layout, args, cookie));
    } catch (error) {
      this.#free.push(id);
      throw error;
    }
    return id;
  }

  /** Its number may be used again. */
  remove(id: number): void {
    this.#free.push(id);
  }

  /** Says which description is that of an address, for kernels without cookies. */
  addAddress(address: bigint, id: number): void {
    if (this.#ipsFd === undefined) throw new SyscallError('bpf', 2, 'BPF_MAP_UPDATE_ELEM');
    mapUpdateElem(this.#ipsFd, word64(address), word32(id));
  }

  removeAddress(address: bigint): void {
    if (this.#ipsFd === undefined) return;
    try {
      mapDeleteElem(this.#ipsFd, word64(address));
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error; // the map went with its object
    }
  }
}

function layoutOf(btf: Btf): Layout | undefined {
  const spec = struct(btf, '__bpf_usdt_spec');
  const argument = struct(btf, '__bpf_usdt_arg_spec');
  const cookie = spec?.members.find(({ name }) => name === 'usdt_cookie');
  const count = spec?.members.find(({ name }) => name === 'arg_cnt');
  if (spec === undefined || argument === undefined || cookie === undefined || count === undefined)
    return undefined;
  return {
    argumentSize: argument.size,
    cookieOffset: cookie.bitOffset / 8,
    countOffset: count.bitOffset / 8,
    size: spec.size,
    fields: new Map(
      argument.members.map(({ name, bitOffset, bitSize }) => [
        name,
        { bit: bitOffset, bits: bitSize || (WIDTHS[name] ?? 8) },
      ]),
    ),
  };
}

const WIDTHS: Readonly<Record<string, number>> = { val_off: 64, arg_type: 32, reg_off: 16 };

function struct(btf: Btf, name: string) {
  const id = btf.findByNameAndKind(name, BtfKind.STRUCT);
  const type = id === undefined ? undefined : btf.type(id);
  return type?.kind === 'struct' ? type : undefined;
}

function encode(layout: Layout, args: readonly UsdtArgument[], cookie: bigint): Uint8Array {
  const bytes = new Uint8Array(layout.size);
  const view = new DataView(bytes.buffer);
  for (const [index, argument] of args.slice(0, MAX_USDT_ARGUMENTS).entries()) {
    const at = index * layout.argumentSize;
    const set = (name: string, value: bigint): void => {
      const field = layout.fields.get(name);
      if (field !== undefined) setBits(view, at, field, value);
    };
    set('val_off', argument.value);
    set('arg_type', BigInt(TYPES[argument.place]));
    set('reg_off', BigInt(argument.registerOffset));
    set('idx_reg_off', BigInt(argument.indexOffset));
    set('scale_bitshift', BigInt(argument.scaleShift));
    set('arg_signed', argument.signed ? 1n : 0n);
    set('arg_bitshift', BigInt(64 - argument.size * 8));
  }
  view.setBigUint64(layout.cookieOffset, BigInt.asUintN(64, cookie), LITTLE);
  view.setInt16(layout.countOffset, args.length, LITTLE);
  return bytes;
}

/** Sets a field of at most 64 bits that does not cross a 64-bit boundary. */
function setBits(
  view: DataView,
  at: number,
  { bit, bits }: { bit: number; bits: number },
  value: bigint,
): void {
  const word = at + Math.floor(bit / 64) * 8;
  const inWord = bit % 64;
  const shift = BigInt(LITTLE ? inWord : 64 - inWord - bits);
  const mask = ((1n << BigInt(bits)) - 1n) << shift;
  const old = view.getBigUint64(word, LITTLE);
  const next = (old & ~mask) | ((BigInt.asUintN(bits, value) << shift) & mask);
  view.setBigUint64(word, BigInt.asUintN(64, next), LITTLE);
}

function word32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

function word64(value: bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(BigInt.asUintN(64, value)).buffer);
}
