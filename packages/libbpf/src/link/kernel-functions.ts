/**
 * Functions of the running kernel by name: which there are, which can be traced, and why one cannot.
 *
 * /proc/kallsyms lists all symbols, tracefs' available_filter_functions those that ftrace can trace (with addresses since 6.5), and
 * debugfs' kprobes/blacklist those that no kprobe may sit on.
 */

import { existsSync, readFileSync } from 'node:fs';
import { BpfError, nearest } from '../errors.js';
import { readTracefs } from '../sys/tracefs.js';
import { matchesGlob } from './glob.js';

const BLACKLISTS = ['/sys/kernel/debug/kprobes/blacklist', '/sys/kernel/tracing/kprobes/blacklist'];

/** Function symbols of /proc/kallsyms: each line is `address type name [module]`. */
function* functionSymbols(): Generator<{ address: string; name: string }, void, undefined> {
  const text = readKallsyms();
  for (let start = 0; start < text.length; ) {
    const end = endOfLine(text, start);
    const space = text.indexOf(' ', start);
    const type = text[space + 1];
    if (type === 't' || type === 'T' || type === 'w' || type === 'W') {
      // Not searched for in the text: most lines have no tab, and it would be looked for to the very end.
      const rest = text.slice(space + 3, end);
      const tab = rest.indexOf('\t');
      yield { address: text.slice(start, space), name: tab === -1 ? rest : rest.slice(0, tab) };
    }
    start = end + 1;
  }
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

function readKallsyms(): string {
  try {
    return readFileSync('/proc/kallsyms', 'latin1');
  } catch {
    return '';
  }
}

/** Whether the kernel or a loaded module has a function of that name. */
export function hasKernelFunction(name: string): boolean {
  const text = readKallsyms();
  return new RegExp(` [tTwW] ${quoted(name)}(\\t|$)`, 'm').test(text);
}

function quoted(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Traceable functions that match a pattern. */
export interface MatchedFunctions {
  /** Where they are; empty if the kernel does not show addresses. */
  readonly addresses: readonly bigint[];
  /** Their names, in the same order as `addresses` where there are any. */
  readonly names: readonly string[];
}

/** Functions that ftrace can trace and whose name matches. */
export function matchFunctions(pattern: string): MatchedFunctions {
  const withAddresses = readTracefs('available_filter_functions_addrs');
  if (withAddresses !== undefined) {
    const addresses: bigint[] = [];
    const names: string[] = [];
    for (const { name, at, nameAt } of filterLines(withAddresses, true)) {
      if (!matchesGlob(name, pattern)) continue;
      const address = BigInt(`0x${withAddresses.slice(at, nameAt - 1)}`);
      if (address === 0n) return { addresses: [], names: namesOf(withAddresses, pattern, true) };
      addresses.push(address);
      names.push(name);
    }
    return { addresses, names };
  }
  const text = readTracefs('available_filter_functions') ?? '';
  const wanted = new Set(namesOf(text, pattern, false));
  const addresses: bigint[] = [];
  const names: string[] = [];
  for (const { address, name } of functionSymbols()) {
    if (!wanted.has(name)) continue;
    addresses.push(BigInt(`0x${address}`));
    names.push(name);
  }
  return addresses.includes(0n) ? { addresses: [], names: [...wanted] } : { addresses, names };
}

function namesOf(text: string, pattern: string, withAddress: boolean): string[] {
  const names = new Set<string>();
  for (const { name } of filterLines(text, withAddress))
    if (matchesGlob(name, pattern)) names.add(name);
  return [...names];
}

/** Lines `[address ]name[ [module]]`. */
function* filterLines(
  text: string,
  withAddress: boolean,
): Generator<{ name: string; at: number; nameAt: number }, void, undefined> {
  for (let start = 0; start < text.length; ) {
    const end = endOfLine(text, start);
    const nameAt = withAddress ? text.indexOf(' ', start) + 1 : start;
    const rest = text.slice(nameAt, end);
    const space = rest.indexOf(' ');
    const name = space === -1 ? rest : rest.slice(0, space);
    if (!name.startsWith('__ftrace_invalid_address__')) yield { name, at: start, nameAt };
    start = end + 1;
  }
}

/**
 * Why a function cannot be traced, as the end of a sentence; `undefined` if no reason is found.
 *
 * @param by - what was to trace it: `ftrace` for kprobe.multi, else a kprobe
 */
export function whyNotTraceable(name: string, by: 'kprobe' | 'ftrace'): string | undefined {
  const { isThere, isEmpty, variants, similar } = lookAround(name);
  if (isEmpty)
    return 'no symbols can be seen in /proc/kallsyms (not root, or kernel.kptr_restrict)';
  if (!isThere) {
    if (variants.size > 0)
      return `the kernel has no function "${name}", the compiler made ${[...variants].map((variant) => `"${variant}"`).join(' and ')} of it`;
    const near = nearest(name, similar);
    const hint = near === undefined ? '' : `; did you mean "${near}"?`;
    return `the kernel has no function "${name}", or it was inlined everywhere${hint}`;
  }
  const blacklist = BLACKLISTS.find((path) => existsSync(path));
  if (
    by === 'kprobe' &&
    blacklist !== undefined &&
    new RegExp(`\\t${quoted(name)}$`, 'm').test(readFileSync(blacklist, 'latin1'))
  )
    return `function "${name}" is on the kernel's kprobe blacklist (${blacklist})`;
  if (by === 'ftrace' && isInFilter(name) === false)
    return `function "${name}" cannot be traced by ftrace: it is marked notrace or was built without tracing`;
  if (/^(?:__kprobes|kprobe_|arch_kprobe|do_int3|exc_|asm_exc_|noinstr)/.test(name))
    return `function "${name}" belongs to what runs kprobes, which refuse to trace themselves`;
  return undefined;
}

/**
 * A name among all of them, in one pass that keeps few: variants that the compiler made (`name.isra.0`), and for near matches those of
 * about the same length that begin or end alike.
 */
function lookAround(name: string) {
  const [head, tail] = [name.slice(0, 4), name.slice(-4)];
  const variants = new Set<string>();
  const similar = new Set<string>();
  let isThere = false;
  let isEmpty = true;
  for (const { name: other } of functionSymbols()) {
    isEmpty = false;
    if (other === name) isThere = true;
    else if (other.startsWith(`${name}.`)) variants.add(other);
    else if (
      Math.abs(other.length - name.length) < 4 &&
      (other.startsWith(head) || other.endsWith(tail))
    )
      similar.add(other);
  }
  return { isThere, isEmpty, variants, similar };
}

/** @returns `undefined` where the list cannot be read */
function isInFilter(name: string): boolean | undefined {
  try {
    const text = readTracefs('available_filter_functions');
    return text === undefined ? undefined : new RegExp(`^${quoted(name)}( |$)`, 'm').test(text);
  } catch (error) {
    if (error instanceof BpfError) return undefined;
    throw error;
  }
}
