/**
 * Types of a kernel that there isn't, laid out as a C compiler would: for tests of CO-RE against a BTF of their own.
 */

import { type BtfBuilder, btfBuilder, type NewMember } from '@libbpf-ts/btf';

interface Layout {
  readonly size: number;
  readonly align: number;
}

/** Name, type and, of a bit-field, bits. An empty name makes the member anonymous. */
export type TargetMember = readonly [name: string, type: number, bits?: number];

/** A BTF in the making; every method returns the id of its type. */
export class TargetTypes {
  /** For types whose layout no member needs. */
  readonly btf: BtfBuilder = btfBuilder();
  readonly #layouts = new Map<number, Layout>();

  readonly u8: number = this.int('unsigned char', 1);
  readonly s8: number = this.int('signed char', 1, true);
  readonly u16: number = this.int('unsigned short', 2);
  readonly s16: number = this.int('short', 2, true);
  readonly u32: number = this.int('unsigned int', 4);
  readonly s32: number = this.int('int', 4, true);
  readonly u64: number = this.int('unsigned long', 8);
  readonly s64: number = this.int('long', 8, true);
  readonly f64: number = this.#laidOut(this.btf.float('double', 8), 8);
  readonly pointer: number = this.ptr(0);

  int(name: string, size: number, signed = false): number {
    return this.#laidOut(this.btf.int(name, { size, signed }), size);
  }

  ptr(to: number): number {
    return this.#laidOut(this.btf.ptr(to), 8);
  }

  typedef(name: string, of: number): number {
    return this.#like(this.btf.typedef(name, of), of);
  }

  const(of: number): number {
    return this.#like(this.btf.const(of), of);
  }

  volatile(of: number): number {
    return this.#like(this.btf.volatile(of), of);
  }

  /** `int a[2][3]` is `array(s32, 2, 3)`. */
  array(element: number, ...lengths: readonly number[]): number {
    return lengths.reduceRight((of, length) => {
      const { size, align } = this.#layoutOf(of);
      const id = this.btf.array(of, { length, indexTypeId: this.u32 });
      return this.#laidOut(id, size * length, align);
    }, element);
  }

  enum(name: string, values: Readonly<Record<string, number>>): number {
    const list = Object.entries(values).map(([key, value]) => ({ name: key, value }));
    const signed = list.some(({ value }) => value < 0);
    return this.#laidOut(this.btf.enum(name, { values: list, signed }), 4);
  }

  enum64(name: string, values: Readonly<Record<string, bigint>>): number {
    const list = Object.entries(values).map(([key, value]) => ({ name: key, value }));
    const signed = list.some(({ value }) => value < 0n);
    return this.#laidOut(this.btf.enum64(name, { values: list, signed }), 8);
  }

  struct(name: string, ...members: readonly TargetMember[]): number {
    let end = 0;
    let align = 1;
    const placed: NewMember[] = members.map(([member, typeId, bits]) => {
      const layout = this.#layoutOf(typeId);
      const unit = layout.size * 8;
      const fits = bits !== undefined && (end % unit) + bits <= unit;
      const bitOffset = fits ? end : roundUp(end, layout.align * 8);
      end = bitOffset + (bits ?? unit);
      align = Math.max(align, layout.align);
      return { name: member, typeId, bitOffset, bitSize: bits ?? 0 };
    });
    const size = roundUp(end, align * 8) / 8;
    return this.#laidOut(this.btf.struct(name, { size, members: placed }), size, align);
  }

  union(name: string, ...members: readonly TargetMember[]): number {
    const layouts = members.map(([, typeId]) => this.#layoutOf(typeId));
    const align = Math.max(1, ...layouts.map((one) => one.align));
    const size = roundUp(Math.max(0, ...layouts.map((one) => one.size)), align);
    const placed = members.map(([member, typeId]) => ({ name: member, typeId, bitOffset: 0 }));
    return this.#laidOut(this.btf.union(name, { size, members: placed }), size, align);
  }

  #layoutOf(id: number): Layout {
    const layout = this.#layouts.get(id);
    if (layout === undefined) throw new Error(`type ${id} has no layout: make it before its users`);
    return layout;
  }

  #laidOut(id: number, size: number, align = size): number {
    this.#layouts.set(id, { size, align });
    return id;
  }

  #like(id: number, other: number): number {
    const layout = this.#layouts.get(other);
    if (layout !== undefined) this.#layouts.set(id, layout);
    return id;
  }
}

function roundUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}
