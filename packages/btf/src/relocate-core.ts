/**
 * CO-RE: what a BPF object compiled against one kernel's types has to be told about the running one. The answer is data; the
 * caller patches the instruction.
 *
 * For each relocation the access is resolved in the object's own BTF, then in every candidate of the kernel. Candidates that
 * fit must agree, on the offset and on the value; none that fits means "no" for questions about existence, and a poisoned
 * instruction for the others, which is an error only if the program can get there.
 *
 * Rules: libbpf `src/relo_core.c`, bpf_core_calc_relo_insn. As there, candidates that fitted for one relocation of a type
 * are the only ones tried for later relocations of the same type: relocations of one object go through one context, in the
 * order in which the object has them.
 */

import type { Btf } from './btf.js';
import { type CoreCandidate, type CoreTarget, findCandidates } from './core-candidates.js';
import { type CoreMismatch, isMismatch, matchEnumerator, matchField } from './core-field-match.js';
import { CoreKind, isEnumValueKind, isFieldKind } from './core-kind.js';
import { type CoreSpec, emptySpec, formatCoreSpec, parseCoreSpec } from './core-spec.js';
import { typesAreCompatible, typesMatch, type Verdict } from './core-type-match.js';
import { type CoreValue, canResize, coreValue, isSigned, type NoCoreValue } from './core-value.js';
import { isBtfError } from './errors.js';
import type { CoreRelocation } from './parse-btf-ext.js';

/** What relocations of one object share; made by {@link createCoreContext}. */
export interface CoreContext {
  readonly local: Btf;
  readonly targets: Iterable<CoreTarget>;
  /** Candidates by local type, narrowed to those that fitted so far. */
  readonly candidates: Map<number, CoreCandidate[]>;
  /** Results by access, and the candidates that they came from: programs of one object read the same fields. */
  readonly results: Map<string, KnownResult>;
}

/** A result, right as long as the candidates are these. */
interface KnownResult {
  readonly candidates: readonly CoreCandidate[] | undefined;
  readonly result: CoreResult;
}

/** Why a candidate was not taken. */
export interface CoreRejection {
  readonly name: string;
  readonly id: number;
  /** Name of the target that it is in. */
  readonly btf: string;
  readonly why: string;
}

/** The value is known. */
export interface CoreSuccess {
  readonly ok: true;
  /** What the compiler wrote, as an unsigned 64-bit number. */
  readonly originalValue: bigint;
  /** What the instruction has to hold, as an unsigned 64-bit number. */
  readonly newValue: bigint;
  /** Whether the instruction must hold `originalValue` now; a loader refuses the object if it doesn't. */
  readonly validate: boolean;
  /** For `FIELD_BYTE_OFFSET`: bytes of the field in the object and in the kernel; loads and stores are resized if they differ. */
  readonly originalSize?: number;
  readonly newSize?: number;
  /** For `FIELD_BYTE_OFFSET`: whether the kernel's field is a signed integer. */
  readonly signed?: boolean;
  /** The sizes differ and a load or store can't be resized: one is to be poisoned instead. */
  readonly failMemorySize?: boolean;
  readonly localSpec: CoreSpec;
  /** Where it was found; `undefined` if it was not, which these kinds may answer with 0, and for `TYPE_ID_LOCAL`. */
  readonly targetSpec?: CoreSpec;
  /** Name of the target that it was found in. */
  readonly targetBtf?: string;
}

/** There is no value. */
export interface CoreFailure {
  readonly ok: false;
  /** Whether the instruction is to be poisoned, and an error only if it is reached; else the object can't be loaded. */
  readonly poison: boolean;
  readonly reason: 'no-match' | 'ambiguous' | 'bad-local' | 'bad-target';
  /** A sentence about it, without subject. */
  readonly detail: string;
  readonly localSpec?: CoreSpec;
  readonly candidates: readonly CoreRejection[];
}

/** What {@link relocateCore} gives. */
export type CoreResult = CoreSuccess | CoreFailure;

/**
 * Starts the relocation of one object.
 *
 * @param targets - the kernel's BTF, then those of its modules; modules are asked for (and the iterable goes on) only when
 *   the kernel has no candidate for some type. Iterated again for each such type: not a bare generator.
 */
export function createCoreContext(local: Btf, targets: Iterable<CoreTarget>): CoreContext {
  return { local, targets, candidates: new Map(), results: new Map() };
}

/**
 * Works out one relocation. Never throws on malformed BTF: the failure says what was wrong.
 */
export function relocateCore(context: CoreContext, relocation: CoreRelocation): CoreResult {
  const { typeId, kind, accessString } = relocation;
  const access = `${typeId} ${kind} ${accessString}`;
  const known = context.results.get(access);
  if (known !== undefined && known.candidates === context.candidates.get(typeId))
    return known.result;
  const result = calculate(context, relocation);
  context.results.set(access, { candidates: context.candidates.get(typeId), result });
  return result;
}

function calculate(context: CoreContext, relocation: CoreRelocation): CoreResult {
  let localSpec: CoreSpec | string;
  let original: CoreValue | NoCoreValue;
  try {
    localSpec = parseCoreSpec(context.local, relocation);
    if (typeof localSpec === 'string') return badLocal(localSpec);
    if (relocation.kind === CoreKind.TYPE_ID_LOCAL) return localTypeId(localSpec);
    if (context.local.nameOf(relocation.typeId) === '') {
      return badLocal(
        `${context.local.describe(relocation.typeId)} has no name to look for`,
        localSpec,
      );
    }
    original = coreValue(relocation.kind, localSpec);
  } catch (error) {
    return badLocal(reasonOf(error));
  }
  if ('poison' in original) return badLocal(original.poison ? 'no value' : original.why, localSpec);
  try {
    return relocateIn(context, relocation, localSpec, original);
  } catch (error) {
    return failure('bad-target', reasonOf(error), localSpec, []);
  }
}

/** A candidate that fits, and the value it gives. */
interface Fit {
  readonly candidate: CoreCandidate;
  readonly spec: CoreSpec;
  readonly value: CoreValue;
}

function relocateIn(
  context: CoreContext,
  { typeId, kind }: CoreRelocation,
  localSpec: CoreSpec,
  original: CoreValue,
): CoreResult {
  let candidates = context.candidates.get(typeId);
  if (candidates === undefined) {
    candidates = findCandidates(context.local, typeId, context.targets);
    context.candidates.set(typeId, candidates);
  }
  const fits: Fit[] = [];
  const rejections: CoreRejection[] = [];
  for (const candidate of candidates) {
    const match = matchCandidate(localSpec, candidate);
    if (isMismatch(match)) {
      rejections.push(rejection(candidate, match.why));
      if (match.fatal) return failure('bad-target', match.why, localSpec, rejections);
      continue;
    }
    const value = coreValue(kind, match);
    if ('poison' in value) {
      const why = value.poison ? 'no value' : value.why;
      return failure('bad-target', why, localSpec, [...rejections, rejection(candidate, why)]);
    }
    const fit = { candidate, spec: match, value };
    const first = fits[0];
    if (first !== undefined && !agree(first, fit)) return ambiguous(localSpec, first, fit);
    fits.push(fit);
  }
  const [fit] = fits;
  if (fit === undefined) return notFound(kind, localSpec, original, rejections);
  if (fits.length < candidates.length) {
    context.candidates.set(
      typeId,
      fits.map(({ candidate }) => candidate),
    );
  }
  return success(localSpec, original, fit);
}

function matchCandidate(localSpec: CoreSpec, { btf, id }: CoreCandidate): CoreSpec | CoreMismatch {
  const { kind, rootTypeId } = localSpec;
  if (isFieldKind(kind)) return matchField(localSpec, btf, id);
  if (isEnumValueKind(kind)) return matchEnumerator(localSpec, btf, id);
  const compare = kind === CoreKind.TYPE_MATCHES ? typesMatch : typesAreCompatible;
  const verdict: Verdict = compare(localSpec.btf, rootTypeId, btf, id);
  if (verdict === undefined)
    return { why: 'nested too deep, or too large, to compare', fatal: true };
  return verdict
    ? emptySpec(btf, id, kind)
    : { why: `${btf.describe(id)} has another shape`, fatal: false };
}

function agree(a: Fit, b: Fit): boolean {
  return a.spec.bitOffset === b.spec.bitOffset && a.value.value === b.value.value;
}

function success(localSpec: CoreSpec, original: CoreValue, fit: Fit): CoreSuccess {
  const { spec, value, candidate } = fit;
  const common = {
    ok: true,
    originalValue: original.value,
    newValue: value.value,
    validate: original.validate,
    localSpec,
    targetSpec: spec,
    targetBtf: candidate.btfName,
  } as const;
  if (localSpec.kind !== CoreKind.FIELD_BYTE_OFFSET || (original.size === 0 && value.size === 0))
    return common;
  const differs = original.size !== value.size;
  return {
    ...common,
    originalSize: original.size,
    newSize: value.size,
    signed: value.typeId !== 0 && isSigned(spec.btf, value.typeId),
    failMemorySize: differs && !canResize(localSpec.btf, original.typeId, spec.btf, value.typeId),
  };
}

/** No candidate fits: some kinds ask just that. */
function notFound(
  kind: CoreKind,
  localSpec: CoreSpec,
  original: CoreValue,
  rejections: readonly CoreRejection[],
): CoreResult {
  const value = coreValue(kind, undefined);
  if (!('poison' in value)) {
    const { value: originalValue, validate } = original;
    return { ok: true, originalValue, newValue: value.value, validate, localSpec };
  }
  const { btf, rootTypeId } = localSpec;
  const detail =
    rejections.length === 0
      ? `no type "${btf.nameOf(rootTypeId)}" of that kind in the target`
      : rejections.map(({ why }) => why).join('; ');
  return failure('no-match', detail, localSpec, rejections);
}

function localTypeId(localSpec: CoreSpec): CoreSuccess {
  const value = BigInt(localSpec.rootTypeId);
  return { ok: true, originalValue: value, newValue: value, validate: false, localSpec };
}

function ambiguous(localSpec: CoreSpec, a: Fit, b: Fit): CoreFailure {
  const tell = ({ spec, value }: Fit): string => `${formatCoreSpec(spec)} gives ${value.value}`;
  const rejections = [a, b].map((fit) => rejection(fit.candidate, tell(fit)));
  const detail = `candidates disagree: ${rejections.map(({ why }) => why).join(', ')}`;
  return failure('ambiguous', detail, localSpec, rejections);
}

function badLocal(detail: string, localSpec?: CoreSpec): CoreFailure {
  return failure('bad-local', detail, localSpec, []);
}

function failure(
  reason: CoreFailure['reason'],
  detail: string,
  localSpec: CoreSpec | undefined,
  candidates: readonly CoreRejection[],
): CoreFailure {
  const common = { ok: false, poison: reason === 'no-match', reason, detail, candidates } as const;
  return localSpec === undefined ? common : { ...common, localSpec };
}

function rejection({ btf, btfName, id }: CoreCandidate, why: string): CoreRejection {
  return { name: btf.nameOf(id), id, btf: btfName, why };
}

/** What malformed BTF is called in a result; anything else is a bug and goes on. */
function reasonOf(error: unknown): string {
  if (isBtfError(error)) return error.message;
  throw error;
}
