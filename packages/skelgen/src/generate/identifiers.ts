/**
 * Names of an object → names of TypeScript. The only place that renames.
 */

import { sanitizeIdentifier } from '@libbpf-ts/libbpf/open';
import { stringLiteral } from './source-writer.js';

const RESERVED = new Set(
  'break case catch class const continue debugger default delete do else enum export extends false finally for function if import in instanceof new null return super switch this throw true try typeof var void while with implements interface let package private protected public static yield await async of arguments eval undefined NaN Infinity any boolean number string symbol bigint never unknown object'.split(
    ' ',
  ),
);

/** A valid identifier that is no reserved word: other characters become `_`, a leading digit gets one in front. */
export function safeIdentifier(name: string): string {
  const plain = sanitizeIdentifier(name);
  if (plain === '' || /^[0-9]/.test(plain)) return `_${plain}`;
  return RESERVED.has(plain) ? `${plain}_` : plain;
}

/** `runqslower_bpf` → `RunqslowerBpf`. */
export function pascalCase(name: string): string {
  const joined = sanitizeIdentifier(name)
    .split('_')
    .filter((part) => part !== '')
    .map((part) => part[0]!.toUpperCase() + part.slice(1))
    .join('');
  return safeIdentifier(joined);
}

/** Gives out names, each once: the second `x` becomes `x_2`. */
export class Names {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set(taken);
  }

  take(wanted: string): string {
    let name = wanted;
    for (let count = 2; this.#taken.has(name); count++) name = `${wanted}_${count}`;
    this.#taken.add(name);
    return name;
  }
}

/** Properties that a skeleton's groups must not carry under their own name: they mean something to JavaScript. */
const UNSAFE_PROPERTIES = new Set([
  '__proto__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'toString',
  'valueOf',
  'then',
]);

/** The property that a C name is reached by: itself, unless that would be no name or a trap. */
export function propertyName(name: string): string {
  const plain = sanitizeIdentifier(name);
  if (plain === '' || /^[0-9]/.test(plain)) return `_${plain}`;
  return UNSAFE_PROPERTIES.has(plain) ? `${plain}_` : plain;
}

/** A property key as the formatter writes it: quoted only where it must be. */
export function propertyKey(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : stringLiteral(name);
}
