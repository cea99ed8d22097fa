/**
 * Each program of an object against the running kernel's verifier, alone: what a loader would make of it, and what it cost.
 *
 * As veristat does it, but for what programs of one object can share: its BTF and maps are made once, and nothing is pinned.
 */

import { BpfError } from '../errors.js';
import type { ObjectSpec, ProgramSpec } from '../open/object-spec.js';
import { closeFd } from '../sys/fd.js';
import { KernelTypes } from './kernel-types.js';
import { checkEndianness, type LoadOptions, ObjectLoader } from './load-object.js';
import type { PreparedFunctions } from './relocate-object.js';
import { Undo } from './undo.js';
import { VerifierError } from './verifier-error.js';

/** BPF_LOG_STATS */
const STATISTICS = 4;

/** What the verifier made of one program. */
export interface ProgramVerification {
  readonly program: string;
  readonly section: string;
  readonly verdict: 'ok' | 'fail';
  /** Why not. */
  readonly error: BpfError | undefined;
  /** Instructions that the verifier went through, those on several paths counted each time. */
  readonly instructions: number | undefined;
  /** States that it looked at. */
  readonly states: number | undefined;
  /** Microseconds that it took. Linux 5.2. */
  readonly microseconds: number | undefined;
}

/** Shares what is costly over many objects; {@link verifyPrograms} takes it. */
export class VerifySession {
  /** @internal */
  readonly kernel: KernelTypes = new KernelTypes();

  close(): void {
    this.kernel.close();
  }
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Verifies the programs of an object one by one, those with autoload off too. Nothing stays loaded.
 *
 * @param session - for many objects: the kernel's types are read once
 */
export function* verifyPrograms(
  object: ObjectSpec,
  session: VerifySession,
  options: LoadOptions = {},
): Generator<ProgramVerification> {
  const undo = new Undo();
  const unpinned: ObjectSpec = {
    ...object,
    maps: object.maps.map((map) => ({ ...map, pinByName: false, pinPath: undefined })),
  };
  const loader = new ObjectLoader(
    unpinned,
    { ...options, logLevel: STATISTICS },
    session.kernel,
    undo,
  );
  try {
    const problem = attempt(() => {
      checkEndianness(unpinned);
      loader.resolve();
      loader.makeMaps(unpinned.programs);
    });
    const cache: PreparedFunctions = new Map();
    for (const program of unpinned.programs)
      yield problem === undefined ? verifyOne(loader, program, cache) : failed(program, problem);
  } finally {
    undo.run();
  }
}

function verifyOne(
  loader: ObjectLoader,
  program: ProgramSpec,
  cache: PreparedFunctions,
): ProgramVerification {
  let log = '';
  const problem = attempt(() => {
    const linked = loader.relocate(new Set([program]), cache).get(program)!;
    const loaded = loader.loadOne(linked);
    log = loaded.log;
    closeFd(loaded.fd);
  });
  if (problem !== undefined) return failed(program, problem);
  return { ...identity(program), verdict: 'ok', error: undefined, ...statistics(log) };
}

function failed(program: ProgramSpec, error: BpfError): ProgramVerification {
  const log = error instanceof VerifierError ? error.log : '';
  return { ...identity(program), verdict: 'fail', error, ...statistics(log) };
}

function identity({ name, section }: ProgramSpec): { program: string; section: string } {
  return { program: name, section };
}

type Statistics = Pick<ProgramVerification, 'instructions' | 'states' | 'microseconds'>;

/** From the end of a log with BPF_LOG_STATS. */
function statistics(log: string): Statistics {
  const number = (pattern: RegExp) => {
    const found = pattern.exec(log)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  return {
    instructions: number(/^processed (\d+) insns/m),
    states: number(/total_states (\d+)/),
    microseconds: number(/^verification time (\d+) usec/m),
  };
}

function attempt(action: () => void): BpfError | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof BpfError) return error;
    throw error;
  }
}
