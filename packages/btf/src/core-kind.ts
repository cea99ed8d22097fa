/**
 * What a CO-RE relocation asks for. Source of truth: linux/include/uapi/linux/bpf.h, enum bpf_core_relo_kind.
 */

/** The 13 kinds as the kernel numbers them. */
export const CoreKind = {
  FIELD_BYTE_OFFSET: 0,
  FIELD_BYTE_SIZE: 1,
  FIELD_EXISTS: 2,
  FIELD_SIGNED: 3,
  FIELD_LSHIFT_U64: 4,
  FIELD_RSHIFT_U64: 5,
  TYPE_ID_LOCAL: 6,
  TYPE_ID_TARGET: 7,
  TYPE_EXISTS: 8,
  TYPE_SIZE: 9,
  ENUMVAL_EXISTS: 10,
  ENUMVAL_VALUE: 11,
  TYPE_MATCHES: 12,
} as const;
/** One of the numbers of {@link CoreKind}. */
export type CoreKind = (typeof CoreKind)[keyof typeof CoreKind];

/** Whether the kind asks about a field of a struct or union. */
export function isFieldKind(kind: number): boolean {
  return kind <= CoreKind.FIELD_RSHIFT_U64;
}

/** Whether the kind asks about a whole type. */
export function isTypeKind(kind: number): boolean {
  return (
    (kind >= CoreKind.TYPE_ID_LOCAL && kind <= CoreKind.TYPE_SIZE) || kind === CoreKind.TYPE_MATCHES
  );
}

/** Whether the kind asks about an enumerator. */
export function isEnumValueKind(kind: number): boolean {
  return kind === CoreKind.ENUMVAL_EXISTS || kind === CoreKind.ENUMVAL_VALUE;
}
