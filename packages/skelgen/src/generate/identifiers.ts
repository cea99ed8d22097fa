/**
 * Names of an object → names of TypeScript. The only place that renames.
 */

import { sanitizeIdentifier } from '@libbpf-ts/libbpf/open';

/** Longer names are cut, and told apart by a hash of the whole. */
const LONGEST = 80;

/** Words that no binding of a module can have. */
const RESERVED = new Set(
  'break case catch class const continue debugger default delete do else enum export extends false finally for function if import in instanceof new null return super switch this throw true try typeof var void while with implements interface let package private protected public static yield await async of arguments eval undefined NaN Infinity any boolean number string symbol bigint never unknown object'.split(
    ' ',
  ),
);

/** `runqslower_bpf` → `RunqslowerBpf`. */
export function pascalCase(name: string): string {
  const joined = sanitizeIdentifier(name)
    .split('_')
    .filter((part) => part !== '')
    .map((part) => part[0]!.toUpperCase() + part.slice(1))
    .join('');
  const plain = joined === '' || /^[0-9]/.test(joined) ? `_${joined}` : joined;
  return shorten(RESERVED.has(plain) ? `${plain}_` : plain, name);
}

/** Gives out names, each once: the second `x` becomes `x_2`. */
export class Names {
  readonly #taken: Set<string>;
  readonly #counts = new Map<string, number>();

  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set(taken);
  }

  take(wanted: string): string {
    let name = wanted;
    let count = this.#counts.get(wanted) ?? 2;
    for (; this.#taken.has(name); count++) name = `${wanted}_${count}`;
    this.#counts.set(wanted, count);
    this.#taken.add(name);
    return name;
  }
}

/** Properties that mean something to JavaScript itself, or to a promise. */
const TRAPS = new Set([
  '__proto__',
  '__defineGetter__',
  '__defineSetter__',
  '__lookupGetter__',
  '__lookupSetter__',
  'constructor',
  'prototype',
  'hasOwnProperty',
  'isPrototypeOf',
  'propertyIsEnumerable',
  'toLocaleString',
  'toString',
  'valueOf',
  'toJSON',
  'then',
]);

/** The property that a C name is reached by: itself, unless that would be no name or a trap. */
export function propertyName(name: string): string {
  const plain = sanitizeIdentifier(name);
  if (plain === '' || /^[0-9]/.test(plain)) return shorten(`_${plain}`, name);
  return shorten(TRAPS.has(plain) ? `${plain}_` : plain, name);
}

/** The member of a plain value that a C name becomes: only the one that would set a prototype is renamed. */
export function memberName(name: string): string {
  return name === '__proto__' || !TRAPS.has(name) ? propertyName(name) : name;
}

function shorten(plain: string, whole: string): string {
  if (plain.length <= LONGEST) return plain;
  let hash = 0x811c9dc5;
  for (let at = 0; at < whole.length; at++)
    hash = Math.imul(hash ^ whole.charCodeAt(at), 0x01000193) >>> 0;
  return `${plain.slice(0, LONGEST - 9)}_${hash.toString(16).padStart(8, '0')}`;
}
