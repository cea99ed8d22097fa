/**
 * CO-RE and calls: everything about the code that needs no descriptor.
 */

import { BtfKind, type CoreTarget, createCoreContext } from '@libbpf-ts/btf';
import { BpfError, didYouMean } from '../errors.js';
import type { FunctionSpec, ObjectSpec, ProgramSpec } from '../open/object-spec.js';
import { applyCoreRelocations } from './core-patch.js';
import { coreTypeNames } from './expected-names.js';
import { hasFeature } from './features.js';
import { CALL, Code, INSTRUCTION_SIZE } from './instruction.js';
import { readBtfFile } from './kernel-btf.js';
import type { KernelTypes } from './kernel-types.js';
import {
  FunctionTable,
  type LinkedProgram,
  linkProgram,
  type PreparedFunction,
} from './link-program.js';

/** Functions whose CO-RE relocations are done, for those that link programs of one object one by one. */
export type PreparedFunctions = Map<FunctionSpec, PreparedFunction>;

/** Links every program of `loading`. @param cache - filled and used, over several calls */
export function relocateObject(
  object: ObjectSpec,
  loading: ReadonlySet<ProgramSpec>,
  kernel: KernelTypes,
  btfCustomPath: string | undefined,
  cache: PreparedFunctions = new Map(),
): Map<ProgramSpec, LinkedProgram> {
  const functions: FunctionSpec[] = [...loading, ...object.subprograms];
  const needsCore = functions.some(({ coreRelocations }) => coreRelocations.length > 0);
  const targets =
    btfCustomPath === undefined
      ? kernel.targets
      : needsCore
        ? [customTarget(object, btfCustomPath)]
        : [];
  const context =
    needsCore && object.btf !== undefined ? createCoreContext(object.btf, targets) : undefined;
  const prepared = functions.map((spec): PreparedFunction => {
    const known = cache.get(spec);
    if (known !== undefined) return known;
    const code = spec.instructions.slice();
    const failures =
      context === undefined || spec.coreRelocations.length === 0
        ? []
        : applyCoreRelocations(context, spec, new Code(code, object.littleEndian));
    const done = { spec, code, failures };
    cache.set(spec, done);
    return done;
  });
  const table = new FunctionTable(prepared);
  const callbacks = exceptionCallbacks(object);
  const linked = new Map<ProgramSpec, LinkedProgram>();
  for (const [index, spec] of [...loading].entries()) {
    const main = { ...prepared[index]!, spec };
    const program = linkProgram(object, main, table, callbackOf(object, spec, table, callbacks));
    if (!hasFeatureForReads(program.code)) renameReads(program.code);
    linked.set(spec, program);
  }
  return linked;
}

function customTarget(object: ObjectSpec, path: string): CoreTarget {
  const btf = readBtfFile(path);
  btf.expectNames(coreTypeNames(object));
  return { name: path, btf };
}

const CALLBACK_TAG = 'exception_callback:';

/** Program → its exception callback, from declaration tags. */
function exceptionCallbacks({ btf }: ObjectSpec): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  if (btf === undefined) return found;
  for (let id = btf.startId; id < btf.typeCount; id++) {
    if (btf.kindOf(id) !== BtfKind.DECL_TAG) continue;
    const tag = btf.nameOf(id);
    if (!tag.startsWith(CALLBACK_TAG)) continue;
    const target = btf.sizeOrType(id);
    if (btf.kindOf(target) === BtfKind.FUNC)
      found.set(btf.nameOf(target), tag.slice(CALLBACK_TAG.length));
  }
  return found;
}

function callbackOf(
  object: ObjectSpec,
  program: ProgramSpec,
  functions: FunctionTable,
  callbacks: ReadonlyMap<string, string>,
): PreparedFunction | undefined {
  const name = callbacks.get(program.name);
  if (name === undefined || !hasFeature('btfDeclTag')) return undefined;
  const callback = functions.named(name);
  const facts = { object: object.name, program: program.name };
  const subject = `program "${program.name}": its exception callback "${name}"`;
  if (callback === undefined) {
    const names = object.subprograms.map((one) => one.name);
    throw new BpfError(
      'BPF_BAD_OBJECT',
      `${subject} is not there${didYouMean(name, names)}`,
      facts,
    );
  }
  if (!callback.spec.isGlobal)
    throw new BpfError('BPF_BAD_OBJECT', `${subject} is static or hidden, expected global`, facts);
  return callback;
}

/** bpf_probe_read_{kernel,user} and their _str forms, 5.5 → the older helper that reads both. */
const OLD_READS: ReadonlyMap<number, number> = new Map([
  [112, 4],
  [113, 4],
  [114, 45],
  [115, 45],
]);

function hasFeatureForReads(code: Code): boolean {
  // Asked only by programs that read, and answered once.
  return !callsNewReads(code) || hasFeature('probeReadKernel');
}

function callsNewReads(code: Code): boolean {
  return helperCalls(code).some((at) => OLD_READS.has(code.immediate(at)));
}

/** Calls by older names what the kernel has only under those. */
export function renameReads(code: Code): void {
  for (const at of helperCalls(code)) {
    const old = OLD_READS.get(code.immediate(at));
    if (old !== undefined) code.setImmediate(at, old);
  }
}

function helperCalls(code: Code): number[] {
  const found: number[] = [];
  for (let at = 0; at < code.bytes.byteLength; at += INSTRUCTION_SIZE) {
    if (code.isLdImm64(at)) at += INSTRUCTION_SIZE;
    else if (code.opcode(at) === CALL && code.source(at) === 0) found.push(at);
  }
  return found;
}
