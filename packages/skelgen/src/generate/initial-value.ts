/**
 * What the source initialises a variable with, as a short text for its doc comment.
 */

import { type Btf, compileCodec } from '@libbpf-ts/btf';

const MAX_TEXT = 60;
const MAX_BYTES = 4096;

/** `initially 5`, `initially zero`, `initially {.a = 1, .b = 2}`. */
export function initialValue(btf: Btf, typeId: number, bytes: Uint8Array): string {
  if (bytes.every((byte) => byte === 0)) return 'initially zero';
  if (bytes.length > MAX_BYTES) return `initially ${bytes.length} bytes, not all zero`;
  let text: string;
  try {
    text = format(compileCodec(btf, typeId).decode(bytes));
  } catch {
    return 'initially set';
  }
  return `initially ${text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text}`;
}

function format(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'object':
      return isList(value)
        ? `{${Array.from(value, format).join(', ')}}`
        : `{${Object.entries(value as object)
            .map(([name, part]) => `.${name} = ${format(part)}`)
            .join(', ')}}`;
    default:
      return Object.is(value, -0) ? '-0' : String(value);
  }
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || ArrayBuffer.isView(value);
}
