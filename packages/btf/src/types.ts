/**
 * The types of BTF as plain, read-only data, discriminated by `kind`.
 *
 * Source of truth: linux/include/uapi/linux/btf.h. Ids are those of the {@link Btf} a type was read from: ids of a split
 * BTF continue where its base ends, and 0 is `void` everywhere.
 */

/** The 19 kinds as the kernel numbers them (`BTF_KIND_*`); `VOID` is id 0, which has no record. */
export const BtfKind = {
  VOID: 0,
  INT: 1,
  PTR: 2,
  ARRAY: 3,
  STRUCT: 4,
  UNION: 5,
  ENUM: 6,
  FWD: 7,
  TYPEDEF: 8,
  VOLATILE: 9,
  CONST: 10,
  RESTRICT: 11,
  FUNC: 12,
  FUNC_PROTO: 13,
  VAR: 14,
  DATASEC: 15,
  FLOAT: 16,
  DECL_TAG: 17,
  TYPE_TAG: 18,
  ENUM64: 19,
} as const;
export type BtfKind = (typeof BtfKind)[keyof typeof BtfKind];

/** `static`, `global` and `extern` as the kernel numbers them for FUNC and VAR: 0, 1, 2. */
export type BtfLinkage = 'static' | 'global' | 'extern';

interface Common {
  readonly id: number;
  /** Empty for an anonymous type. */
  readonly name: string;
}

export interface BtfVoid extends Common {
  readonly kind: 'void';
}
export interface BtfInt extends Common {
  readonly kind: 'int';
  /** Bytes. */
  readonly size: number;
  /** Bits that hold the value; `size * 8` but for legacy bit-field ints. */
  readonly bits: number;
  /** Bit offset of the value inside its bytes; 0 but for legacy bit-field ints. */
  readonly offset: number;
  readonly signed: boolean;
  readonly char: boolean;
  readonly bool: boolean;
}
/** A type that only wraps another one. */
export interface BtfReference<Kind extends string> extends Common {
  readonly kind: Kind;
  readonly typeId: number;
}
export type BtfPtr = BtfReference<'ptr'>;
export type BtfTypedef = BtfReference<'typedef'>;
export type BtfVolatile = BtfReference<'volatile'>;
export type BtfConst = BtfReference<'const'>;
export type BtfRestrict = BtfReference<'restrict'>;
export interface BtfTypeTag extends BtfReference<'type_tag'> {
  /** Set for an arbitrary `__attribute__`, clear for `btf_type_tag` (kernel 6.15). */
  readonly kindFlag: boolean;
}
export interface BtfArray extends Common {
  readonly kind: 'array';
  readonly elementTypeId: number;
  readonly indexTypeId: number;
  /** Elements; 0 for a flexible array. */
  readonly length: number;
}
export interface BtfMember {
  readonly name: string;
  readonly typeId: number;
  /** Bits from the start of the struct. */
  readonly bitOffset: number;
  /** Bits of a bit-field, 0 for an ordinary member. */
  readonly bitSize: number;
}
export interface BtfComposite<Kind extends 'struct' | 'union'> extends Common {
  readonly kind: Kind;
  /** Bytes. */
  readonly size: number;
  /** Whether members carry bit-field sizes (`kind_flag`). */
  readonly kindFlag: boolean;
  readonly members: readonly BtfMember[];
}
export type BtfStruct = BtfComposite<'struct'>;
export type BtfUnion = BtfComposite<'union'>;
export interface BtfEnum extends Common {
  readonly kind: 'enum';
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly { readonly name: string; readonly value: number }[];
}
export interface BtfEnum64 extends Common {
  readonly kind: 'enum64';
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly { readonly name: string; readonly value: bigint }[];
}
export interface BtfFwd extends Common {
  readonly kind: 'fwd';
  readonly fwdKind: 'struct' | 'union';
}
export interface BtfFunc extends Common {
  readonly kind: 'func';
  /** Of the FUNC_PROTO. */
  readonly typeId: number;
  readonly linkage: BtfLinkage;
}
export interface BtfFuncProto extends Common {
  readonly kind: 'func_proto';
  readonly returnTypeId: number;
  /** A last parameter without name and type (`typeId` 0) stands for `...`. */
  readonly parameters: readonly { readonly name: string; readonly typeId: number }[];
}
export interface BtfVar extends Common {
  readonly kind: 'var';
  readonly typeId: number;
  readonly linkage: BtfLinkage;
}
export interface BtfDatasec extends Common {
  readonly kind: 'datasec';
  readonly size: number;
  readonly variables: readonly {
    /** Of the VAR. */
    readonly typeId: number;
    readonly offset: number;
    readonly size: number;
  }[];
}
export interface BtfFloat extends Common {
  readonly kind: 'float';
  readonly size: number;
}
export interface BtfDeclTag extends Common {
  readonly kind: 'decl_tag';
  readonly typeId: number;
  /** Which member or parameter is tagged; -1 for the whole type. */
  readonly componentIndex: number;
  readonly kindFlag: boolean;
}

export type BtfType =
  | BtfVoid
  | BtfInt
  | BtfPtr
  | BtfArray
  | BtfStruct
  | BtfUnion
  | BtfEnum
  | BtfFwd
  | BtfTypedef
  | BtfVolatile
  | BtfConst
  | BtfRestrict
  | BtfFunc
  | BtfFuncProto
  | BtfVar
  | BtfDatasec
  | BtfFloat
  | BtfDeclTag
  | BtfTypeTag
  | BtfEnum64;
