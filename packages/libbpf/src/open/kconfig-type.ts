/** What a kernel configuration value can be declared as. */

import type { Btf } from '@libbpf-ts/btf';

export type KconfigType = 'bool' | 'tristate' | 'char' | 'integer' | 'string';

const INT_SIGNED = 1;
const INT_BOOL = 4;

/** The kind of value that a type in BTF can hold; `undefined` for types that hold none. */
export function kconfigType(
  btf: Btf,
  typeId: number,
): { readonly type: KconfigType; readonly signed: boolean } | undefined {
  const type = btf.type(btf.resolve(typeId));
  switch (type.kind) {
    case 'int': {
      const encoding =
        (btf.view.getUint32(btf.recordOffset(type.id) + 12, btf.littleEndian) >> 24) & 0xf;
      const signed = (encoding & INT_SIGNED) !== 0;
      if ((encoding & INT_BOOL) !== 0)
        return type.size === 1 ? { type: 'bool', signed: false } : undefined;
      if (type.size === 1) return { type: 'char', signed };
      return [2, 4, 8].includes(type.size) ? { type: 'integer', signed } : undefined;
    }
    case 'enum':
    case 'enum64':
      return type.name === 'libbpf_tristate' ? { type: 'tristate', signed: false } : undefined;
    case 'array':
      return type.length > 0 && kconfigType(btf, type.elementTypeId)?.type === 'char'
        ? { type: 'string', signed: false }
        : undefined;
    default:
      return undefined;
  }
}
