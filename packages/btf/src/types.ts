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
/** One of the numbers of {@link BtfKind}. */
export type BtfKind = (typeof BtfKind)[keyof typeof BtfKind];

/** `static`, `global` and `extern` as the kernel numbers them for FUNC and VAR: 0, 1, 2. */
export type BtfLinkage = 'static' | 'global' | 'extern';

interface Common {
  readonly id: number;
  /** Empty for an anonymous type. */
  readonly name: string;
}

/** Id 0: no type. */
export interface BtfVoid extends Common {
  readonly kind: 'void';
}
/** An integer, character or boolean. */
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
/** A pointer to `typeId`. */
export type BtfPtr = BtfReference<'ptr'>;
/** Another name for `typeId`. */
export type BtfTypedef = BtfReference<'typedef'>;
/** `volatile` of `typeId`. */
export type BtfVolatile = BtfReference<'volatile'>;
/** `const` of `typeId`. */
export type BtfConst = BtfReference<'const'>;
/** `restrict` of `typeId`. */
export type BtfRestrict = BtfReference<'restrict'>;
/** An attribute on `typeId`, named `name`. */
export interface BtfTypeTag extends BtfReference<'type_tag'> {
  /** Set for an arbitrary `__attribute__`, clear for `btf_type_tag` (kernel 6.15). */
  readonly kindFlag: boolean;
}
/** An array of `length` elements. */
export interface BtfArray extends Common {
  readonly kind: 'array';
  readonly elementTypeId: number;
  readonly indexTypeId: number;
  /** Elements; 0 for a flexible array. */
  readonly length: number;
}
/** A member of a struct or union. */
export interface BtfMember {
  readonly name: string;
  readonly typeId: number;
  /** Bits from the start of the struct. */
  readonly bitOffset: number;
  /** Bits of a bit-field, 0 for an ordinary member. */
  readonly bitSize: number;
}
/** What structs and unions have in common. */
export interface BtfComposite<Kind extends 'struct' | 'union'> extends Common {
  readonly kind: Kind;
  /** Bytes. */
  readonly size: number;
  /** Whether members carry bit-field sizes (`kind_flag`). */
  readonly kindFlag: boolean;
  readonly members: readonly BtfMember[];
}
/** A struct. */
export type BtfStruct = BtfComposite<'struct'>;
/** A union. */
export type BtfUnion = BtfComposite<'union'>;
/** An enum whose values fit 32 bits; without values a forward declaration. */
export interface BtfEnum extends Common {
  readonly kind: 'enum';
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly { readonly name: string; readonly value: number }[];
}
/** An enum with values of 64 bits. */
export interface BtfEnum64 extends Common {
  readonly kind: 'enum64';
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly { readonly name: string; readonly value: bigint }[];
}
/** A struct or union that is declared and not defined. */
export interface BtfFwd extends Common {
  readonly kind: 'fwd';
  readonly fwdKind: 'struct' | 'union';
}
/** A function. */
export interface BtfFunc extends Common {
  readonly kind: 'func';
  /** Of the FUNC_PROTO. */
  readonly typeId: number;
  readonly linkage: BtfLinkage;
}
/** What a function takes and returns. */
export interface BtfFuncProto extends Common {
  readonly kind: 'func_proto';
  readonly returnTypeId: number;
  /** A last parameter without name and type (`typeId` 0) stands for `...`. */
  readonly parameters: readonly { readonly name: string; readonly typeId: number }[];
}
/** A variable. */
export interface BtfVar extends Common {
  readonly kind: 'var';
  readonly typeId: number;
  readonly linkage: BtfLinkage;
}
/** A section of variables; offsets and size are 0 until an object is linked or loaded. */
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
/** A floating-point number. */
export interface BtfFloat extends Common {
  readonly kind: 'float';
  readonly size: number;
}
/** An attribute on a declaration, named `name`. */
export interface BtfDeclTag extends Common {
  readonly kind: 'decl_tag';
  readonly typeId: number;
  /** Which member or parameter is tagged; -1 for the whole type. */
  readonly componentIndex: number;
  readonly kindFlag: boolean;
}

/**
 * A type of a kind that is newer than this package, of which the BTF's layout section tells the size and no more: what its words
 * mean, and whether they are ids or strings, is not known.
 */
export interface BtfUnknown extends Common {
  readonly kind: 'unknown';
  /** 20 or more. */
  readonly kindNumber: number;
  readonly kindFlag: boolean;
  /** Number of entries, if the kind has such. */
  readonly vlen: number;
  readonly sizeOrType: number;
  /** What follows the first 12 bytes of the record: a view, in the byte order of the BTF. */
  readonly rest: Uint8Array;
}

/** Any type, told apart by `kind`. */
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
  | BtfEnum64
  | BtfUnknown;
