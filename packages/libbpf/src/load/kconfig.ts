/**
 * Values of `__kconfig` externs: from a text given by the caller, from the running kernel's configuration, and the `LINUX_*` ones
 * that the loader makes up.
 *
 * What is a value for which type follows libbpf (set_kcfg_value_tri, _str, _num and find_kcfg_type): `y`, `n`, `m` for bool,
 * tristate and char; a quoted string for char arrays, cut to fit; a number in C's notation for integers that it fits into.
 */

import { readFileSync } from 'node:fs';
import { release } from 'node:os';
import { gunzipSync } from 'node:zlib';
import type { Btf } from '@libbpf-ts/btf';
import { BpfError } from '../errors.js';
import { type KconfigType, kconfigType } from '../open/kconfig-type.js';
import type { ExternSpec, MapSpec, ObjectSpec } from '../open/object-spec.js';
import { hasFeature } from './features.js';
import { kernelVersionCode } from './kernel-version.js';

interface Target {
  readonly extern: ExternSpec;
  readonly type: KconfigType;
  readonly signed: boolean;
}

/**
 * Fills the initial value of the `.kconfig` map.
 *
 * @param text - lines `CONFIG_X=…` that go before those of the running kernel, whose configuration is read only for what is left
 * @throws BpfError `BPF_KCONFIG`
 */
export function fillKconfig(object: ObjectSpec, map: MapSpec, text: string | undefined): void {
  const { btf } = object;
  const externs = object.externs.filter(({ kind }) => kind === 'kconfig');
  if (btf === undefined || externs.length === 0) return;
  const writer = new KconfigWriter(object.name, map.valueSize, object.littleEndian);
  const open = new Map<string, Target>();
  for (const extern of externs) {
    const target = targetOf(btf, extern);
    if (extern.name.startsWith('CONFIG_')) open.set(extern.name, target);
    else writer.setInteger(target, virtualValue(object.name, extern), 'virtual');
  }
  if (text !== undefined) applyText(writer, open, text, 'option kconfig');
  if (open.size > 0) {
    const system = systemConfig(object.name, [...open.keys()]);
    applyText(writer, open, system.text, system.path);
  }
  const missing = [...open.values()].filter(({ extern }) => !extern.weak);
  if (missing.length > 0) {
    throw kconfigError(
      object.name,
      `${missing.map(({ extern }) => extern.name).join(', ')} ${missing.length === 1 ? 'is' : 'are'} not in the kernel's configuration; declare it __weak if the program can do without`,
    );
  }
  map.initialValue = writer.bytes;
}

/** Values that no configuration has. */
function virtualValue(object: string, { name, weak }: ExternSpec): bigint {
  if (name === 'LINUX_KERNEL_VERSION') return BigInt(kernelVersionCode());
  if (name === 'LINUX_HAS_BPF_COOKIE') return hasFeature('attachCookie') ? 1n : 0n;
  if (name === 'LINUX_HAS_SYSCALL_WRAPPER') return hasFeature('syscallWrapper') ? 1n : 0n;
  if (name.startsWith('LINUX_') && weak) return 0n;
  throw kconfigError(
    object,
    `${name} is no value that loaders know; expected CONFIG_…, LINUX_KERNEL_VERSION, LINUX_HAS_BPF_COOKIE or LINUX_HAS_SYSCALL_WRAPPER`,
  );
}

/** The running kernel's configuration. @throws BpfError `BPF_KCONFIG` */
function systemConfig(object: string, names: readonly string[]): { text: string; path: string } {
  const paths = [`/boot/config-${release()}`, '/proc/config.gz'];
  for (const path of paths) {
    let bytes: Buffer;
    try {
      bytes = readFileSync(path);
    } catch {
      continue;
    }
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return { text: (isGzip ? gunzipSync(bytes) : bytes).toString('latin1'), path };
  }
  throw kconfigError(
    object,
    `${names.join(', ')}: the running kernel's configuration is not there to be read (${paths.join(', ')}); give the values with the option kconfig`,
  );
}

function applyText(
  writer: KconfigWriter,
  open: Map<string, Target>,
  text: string,
  source: string,
): void {
  for (const line of text.split('\n')) {
    if (!line.startsWith('CONFIG_')) continue;
    const equals = line.indexOf('=');
    if (equals === -1 || equals === line.length - 1) throw writer.bad(line, source, 'has no value');
    const name = line.slice(0, equals);
    const target = open.get(name);
    if (target === undefined) continue;
    writer.set(target, line.slice(equals + 1), source);
    open.delete(name);
  }
}

function targetOf(btf: Btf, extern: ExternSpec): Target {
  // Externs of other types were refused when the object was opened.
  return { extern, ...kconfigType(btf, extern.typeId)! };
}

/** The map's value under construction. */
class KconfigWriter {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #object: string;
  readonly #littleEndian: boolean;

  constructor(object: string, size: number, littleEndian: boolean) {
    this.bytes = new Uint8Array(size);
    this.#view = new DataView(this.bytes.buffer);
    this.#object = object;
    this.#littleEndian = littleEndian;
  }

  set(target: Target, value: string, source: string): void {
    if (value === 'y' || value === 'n' || value === 'm') this.#setLetter(target, value, source);
    else if (value.startsWith('"')) this.#setString(target, value, source);
    else {
      const number = parseNumber(value);
      if (number === undefined)
        throw this.bad(
          `${target.extern.name}=${value}`,
          source,
          'is neither y, n or m nor a number nor a quoted string',
        );
      if (target.type !== 'integer' && target.type !== 'char')
        throw this.#mismatch(target, value, source);
      this.setInteger(target, number, source);
    }
  }

  setInteger(target: Target, value: bigint, source: string): void {
    const { extern, type, signed } = target;
    if (type === 'string' || type === 'tristate')
      throw this.#mismatch(target, String(value), source);
    const bits = BigInt(extern.size * 8);
    const stored = BigInt.asUintN(64, value);
    const fits =
      extern.size === 8 ||
      (signed
        ? BigInt.asUintN(64, stored + (1n << (bits - 1n))) < 1n << bits
        : stored >> bits === 0n);
    if (!fits)
      throw this.bad(
        `${extern.name}=${value}`,
        source,
        `does not fit ${signed ? 'a signed' : 'an unsigned'} integer of ${extern.size} bytes`,
      );
    for (let index = 0; index < extern.size; index++) {
      const shift = BigInt((this.#littleEndian ? index : extern.size - 1 - index) * 8);
      this.bytes[extern.offset + index] = Number((stored >> shift) & 0xffn);
    }
  }

  #setLetter(target: Target, letter: 'y' | 'n' | 'm', source: string): void {
    const { extern, type } = target;
    if (type === 'char') this.bytes[extern.offset] = letter.charCodeAt(0);
    else if (type === 'bool' && letter !== 'm') this.bytes[extern.offset] = letter === 'y' ? 1 : 0;
    else if (type === 'tristate') {
      const value = letter === 'y' ? 1 : letter === 'm' ? 2 : 0;
      if (extern.size === 8)
        this.#view.setBigUint64(extern.offset, BigInt(value), this.#littleEndian);
      else this.#view.setUint32(extern.offset, value, this.#littleEndian);
    } else throw this.#mismatch(target, letter, source);
  }

  #setString(target: Target, value: string, source: string): void {
    const { extern, type } = target;
    if (type !== 'string') throw this.#mismatch(target, value, source);
    if (value.length < 2 || !value.endsWith('"'))
      throw this.bad(`${extern.name}=${value}`, source, 'has no closing quote');
    const text = Buffer.from(value.slice(1, -1), 'latin1');
    // Cut to leave the NUL.
    this.bytes.set(text.subarray(0, extern.size - 1), extern.offset);
  }

  #mismatch({ extern, type }: Target, value: string, source: string): BpfError {
    const expected = {
      bool: 'y or n',
      tristate: 'y, n or m',
      char: 'a number, or y, n or m',
      integer: 'a number',
      string: 'a quoted string',
    }[type];
    return this.bad(
      `${extern.name}=${value}`,
      source,
      `does not fit its declaration, expected ${expected}`,
    );
  }

  bad(line: string, source: string, problem: string): BpfError {
    return kconfigError(this.#object, `"${line}" (${source}) ${problem}`);
  }
}

/** Numbers as strtoull takes them with base 0: decimal, 0x…, 0…, with a sign. */
function parseNumber(text: string): bigint | undefined {
  const match = /^\s*([+-]?)(0[xX][0-9a-fA-F]+|[0-9]+)$/.exec(text);
  if (match === null) return undefined;
  const [, sign, digits] = match as unknown as [string, string, string];
  const isOctal = digits.length > 1 && digits.startsWith('0') && !/^0[xX]/.test(digits);
  if (isOctal && /[89]/.test(digits)) return undefined;
  const magnitude = BigInt(isOctal ? `0o${digits.slice(1)}` : digits);
  if (magnitude >= 1n << 64n) return undefined;
  return sign === '-' ? -magnitude : magnitude;
}

function kconfigError(object: string, problem: string): BpfError {
  return new BpfError('BPF_KCONFIG', `BPF object "${object}", kernel configuration: ${problem}`, {
    object,
  });
}
