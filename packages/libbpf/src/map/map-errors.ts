/**
 * What a map says when something cannot be done: which map, what was tried, what the kernel answered, what to do instead.
 */

import { BpfError, type BpfErrorFacts } from '../errors.js';
import type { MapSpec } from '../open/object-spec.js';
import { type ElementCommand, elementCause } from './element-calls.js';
import { type MapKind, mapKind } from './map-kinds.js';

const EPERM = 1;
const ENOENT = 2;
const E2BIG = 7;
const EEXIST = 17;
const EINVAL = 22;
const EOPNOTSUPP = 95;
const ENOTSUPP = 524;

/** Makes the errors of one map. */
export class MapErrors {
  readonly #spec: MapSpec;
  readonly #object: string | undefined;

  constructor(spec: MapSpec, object: string | undefined) {
    this.#spec = spec;
    this.#object = object;
  }

  error(code: string, problem: string, facts: BpfErrorFacts = {}): BpfError {
    const object = this.#object;
    const { name } = this.#spec;
    return new BpfError(
      code,
      `${object === undefined ? '' : `object "${object}", `}map "${name}": ${problem}`,
      { ...facts, object, map: name },
    );
  }

  /** This type of map has no such call. */
  wrongKind(call: string, instead: string, cause?: unknown): BpfError {
    return this.error(
      'BPF_WRONG_KIND',
      `${withArticle(this.#kind.title)} has no ${call}; ${instead}`,
      {
        cause,
      },
    );
  }

  /** The kernel refused. */
  failed(command: ElementCommand, errno: number): BpfError {
    const cause = elementCause(command, errno);
    if (command === 'update' && errno === EEXIST)
      return this.error('BPF_KEY_EXISTS', 'update with mode "no-exist": the key is there already', {
        cause,
      });
    if (command === 'update' && errno === ENOENT)
      return this.error('BPF_NO_KEY', 'update with mode "exist": there is no such key', { cause });
    if (command === 'update' && errno === E2BIG) return this.#full(cause);
    const instead = refusal(this.#kind, command, errno);
    if (instead !== undefined) return this.wrongKind(CALLS[command], instead, cause);
    const words = command.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
    const hint =
      errno === EPERM
        ? `; ${withArticle(this.#kind.title)} may not allow it, it may be frozen, or this process may lack the right`
        : '';
    return this.error(`BPF_MAP_${words}`, `${command}: ${cause.code}${hint}`, { cause });
  }

  get #kind(): MapKind {
    return mapKind(this.#spec.type);
  }

  #full(cause: unknown): BpfError {
    const { maxEntries } = this.#spec;
    const problem =
      this.#kind.access === 'array'
        ? `the index is not below its ${maxEntries} entries`
        : `it is full: ${maxEntries} entries`;
    return this.error('BPF_MAP_FULL', `update: ${problem}`, { cause });
  }
}

const CALLS: Record<ElementCommand, string> = {
  lookup: 'lookup()',
  update: 'update()',
  delete: 'delete()',
  lookupAndDelete: 'lookupAndDelete()',
  nextKey: 'entries() or keys()',
};

/**
 * What to do instead of a command that the kernel refused because this type of map has no such thing; `undefined` if it was
 * refused for another reason, such as a kernel that is too old. Only asked after the kernel, so that a later one may know more.
 */
function refusal(kind: MapKind, command: ElementCommand, errno: number): string | undefined {
  const { access, value } = kind;
  const unknown = errno === ENOTSUPP || errno === EOPNOTSUPP;
  if (command === 'nextKey' && unknown && access === 'storage')
    return 'nobody knows the keys but their owners; look them up one by one';
  if (command === 'lookup' && unknown) return 'what was put in cannot be read back';
  const isPlainArray = access === 'array' && (value === 'data' || value === 'per-cpu');
  const cannotDelete = isPlainArray || kind.name.endsWith('CGROUP_STORAGE');
  if (command === 'delete' && cannotDelete && (unknown || errno === EINVAL))
    return 'its elements are always there; update() them with zeros';
  if (command === 'lookupAndDelete' && unknown && !hasLookupAndDelete(kind))
    return cannotDelete ? 'its elements are always there' : 'use lookup(), then delete()';
  return undefined;
}

/** On kernels that are new enough. */
function hasLookupAndDelete({ access, value, name }: MapKind): boolean {
  const isHash = access === 'hash' && (value === 'data' || value === 'per-cpu');
  return (isHash && name.endsWith('HASH') && name !== 'DEVMAP_HASH') || access === 'queue';
}

/** `a ring buffer`, `an LRU hash`. */
export function withArticle(title: string): string {
  return `${/^(?:[aeio]|LRU|LPM)/.test(title) ? 'an' : 'a'} ${title}`;
}
