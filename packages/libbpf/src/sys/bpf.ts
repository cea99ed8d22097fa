/**
 * bpf(2): one function per command, no policy. Each throws {@link SyscallError} when the kernel refuses.
 *
 * Offsets of the fields are those of `union bpf_attr` in linux/include/uapi/linux/bpf.h. Descriptors are made close-on-exec by
 * the kernel.
 */

import { SyscallError } from '../errors.js';
import { type Attr, attr, LITTLE } from './attr.js';
import { faultFor, koffi, libc, type NativeFunction } from './native.js';

/** Commands by number (`enum bpf_cmd`). */
export const BPF_COMMANDS: readonly string[] = [
  'BPF_MAP_CREATE',
  'BPF_MAP_LOOKUP_ELEM',
  'BPF_MAP_UPDATE_ELEM',
  'BPF_MAP_DELETE_ELEM',
  'BPF_MAP_GET_NEXT_KEY',
  'BPF_PROG_LOAD',
  'BPF_OBJ_PIN',
  'BPF_OBJ_GET',
  'BPF_PROG_ATTACH',
  'BPF_PROG_DETACH',
  'BPF_PROG_TEST_RUN',
  'BPF_PROG_GET_NEXT_ID',
  'BPF_MAP_GET_NEXT_ID',
  'BPF_PROG_GET_FD_BY_ID',
  'BPF_MAP_GET_FD_BY_ID',
  'BPF_OBJ_GET_INFO_BY_FD',
  'BPF_PROG_QUERY',
  'BPF_RAW_TRACEPOINT_OPEN',
  'BPF_BTF_LOAD',
  'BPF_BTF_GET_FD_BY_ID',
  'BPF_TASK_FD_QUERY',
  'BPF_MAP_LOOKUP_AND_DELETE_ELEM',
  'BPF_MAP_FREEZE',
  'BPF_BTF_GET_NEXT_ID',
  'BPF_MAP_LOOKUP_BATCH',
  'BPF_MAP_LOOKUP_AND_DELETE_BATCH',
  'BPF_MAP_UPDATE_BATCH',
  'BPF_MAP_DELETE_BATCH',
  'BPF_LINK_CREATE',
  'BPF_LINK_UPDATE',
  'BPF_LINK_GET_FD_BY_ID',
  'BPF_LINK_GET_NEXT_ID',
  'BPF_ENABLE_STATS',
  'BPF_ITER_CREATE',
  'BPF_LINK_DETACH',
  'BPF_PROG_BIND_MAP',
  'BPF_TOKEN_CREATE',
  'BPF_PROG_STREAM_READ_BY_FD',
  'BPF_PROG_ASSOC_STRUCT_OPS',
];

/** Number of the system call, by `process.arch`. */
export const SYS_BPF: Readonly<Record<string, number>> = {
  x64: 321,
  arm64: 280,
  riscv64: 280,
  loong64: 280,
  arm: 386,
  ia32: 357,
  ppc64: 361,
  s390x: 351,
};

const PROG_LOAD = BPF_COMMANDS.indexOf('BPF_PROG_LOAD');
/** A profiler sends a signal each millisecond or more, and Node's runs in this process. */
const LOAD_ATTEMPTS = 200;

let entry: NativeFunction | undefined;
let number = 0;

/**
 * The bare call, for hot paths that keep an attribute of their own.
 *
 * @param command - index in {@link BPF_COMMANDS}
 * @param address - of the attribute
 * @param size - its bytes
 * @returns what the call returned; -1 is not turned into an error here, ask {@link lastErrno}
 */
export function bpfRaw(command: number, address: number, size: number): number {
  if (entry === undefined) {
    number = SYS_BPF[process.arch] ?? 321;
    entry = libc('long syscall(long number, int command, intptr_t attr, uint size)');
  }
  const fault = faultFor('bpf', BPF_COMMANDS[command]);
  if (fault !== 0) {
    koffi().errno(fault);
    return -1;
  }
  return entry(number, command, address, size);
}

/** errno of the last call on this thread. */
export function lastErrno(): number {
  return koffi().errno();
}

/** The error for a {@link bpfRaw} that returned -1. */
export function bpfError(command: number): SyscallError {
  return new SyscallError('bpf', lastErrno(), BPF_COMMANDS[command]);
}

function bpf(command: number, attribute: Attr): number {
  const result = bpfRaw(command, attribute.address, attribute.size);
  if (result < 0) throw bpfError(command);
  return result;
}

export interface MapCreateAttr {
  readonly mapType: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly mapFlags?: number;
  readonly innerMapFd?: number;
  readonly numaNode?: number;
  readonly name?: string;
  readonly ifindex?: number;
  readonly btfFd?: number;
  readonly btfKeyTypeId?: number;
  readonly btfValueTypeId?: number;
  readonly btfVmlinuxValueTypeId?: number;
  readonly mapExtra?: bigint;
  readonly valueTypeBtfObjFd?: number;
  readonly tokenFd?: number;
}

export function mapCreate(options: MapCreateAttr): number {
  return bpf(0, mapCreateAttr(options));
}

/** The attribute of BPF_MAP_CREATE, good until the next call. */
export function mapCreateAttr(options: MapCreateAttr): Attr {
  const a = attr()
    .u32(0, options.mapType)
    .u32(4, options.keySize)
    .u32(8, options.valueSize)
    .u32(12, options.maxEntries)
    .u32(16, options.mapFlags ?? 0);
  if (options.innerMapFd !== undefined) a.i32(20, options.innerMapFd);
  if (options.numaNode !== undefined) a.u32(24, options.numaNode);
  if (options.name !== undefined) a.chars(28, options.name, 16);
  if (options.ifindex) a.u32(44, options.ifindex);
  if (options.btfFd !== undefined) a.i32(48, options.btfFd);
  if (options.btfKeyTypeId) a.u32(52, options.btfKeyTypeId);
  if (options.btfValueTypeId) a.u32(56, options.btfValueTypeId);
  if (options.btfVmlinuxValueTypeId) a.u32(60, options.btfVmlinuxValueTypeId);
  if (options.mapExtra) a.u64(64, options.mapExtra);
  if (options.valueTypeBtfObjFd !== undefined) a.i32(72, options.valueTypeBtfObjFd);
  if (options.tokenFd !== undefined) a.i32(76, options.tokenFd);
  return a;
}

function element(
  mapFd: number,
  key: Uint8Array | undefined,
  value: Uint8Array | undefined,
  flags: bigint | number,
): Attr {
  return attr().i32(0, mapFd).pointer(8, key).pointer(16, value).u64(24, flags);
}

/** `value` is written. */
export function mapLookupElem(
  mapFd: number,
  key: Uint8Array | undefined,
  value: Uint8Array,
  flags: bigint | number = 0,
): void {
  bpf(1, element(mapFd, key, value, flags));
}

export function mapUpdateElem(
  mapFd: number,
  key: Uint8Array | undefined,
  value: Uint8Array,
  flags: bigint | number = 0,
): void {
  bpf(2, element(mapFd, key, value, flags));
}

export function mapDeleteElem(mapFd: number, key: Uint8Array, flags: bigint | number = 0): void {
  bpf(3, element(mapFd, key, undefined, flags));
}

/** `nextKey` is written. */
export function mapGetNextKey(
  mapFd: number,
  key: Uint8Array | undefined,
  nextKey: Uint8Array,
): void {
  bpf(4, element(mapFd, key, nextKey, 0));
}

/** `value` is written. */
export function mapLookupAndDeleteElem(
  mapFd: number,
  key: Uint8Array | undefined,
  value: Uint8Array,
  flags: bigint | number = 0,
): void {
  bpf(21, element(mapFd, key, value, flags));
}

export function mapFreeze(mapFd: number): void {
  bpf(22, attr().i32(0, mapFd));
}

export interface MapBatchAttr {
  readonly mapFd: number;
  readonly inBatch?: Uint8Array | undefined;
  readonly outBatch?: Uint8Array | undefined;
  readonly keys: Uint8Array;
  readonly values?: Uint8Array | undefined;
  readonly count: number;
  readonly elemFlags?: bigint;
}

/** What a batch call did: entries handled, and the errno it ended with (0 for none; ENOENT ends a read). */
export interface MapBatchResult {
  readonly count: number;
  readonly errno: number;
}

function batch(command: number, options: MapBatchAttr): MapBatchResult {
  const a = attr()
    .pointer(0, options.inBatch)
    .pointer(8, options.outBatch)
    .pointer(16, options.keys)
    .pointer(24, options.values)
    .u32(32, options.count)
    .i32(36, options.mapFd)
    .u64(40, options.elemFlags ?? 0n)
    .u64(48, 0);
  const result = bpfRaw(command, a.address, a.size);
  return { count: a.view.getUint32(32, LITTLE), errno: result < 0 ? lastErrno() : 0 };
}

export function mapLookupBatch(options: MapBatchAttr): MapBatchResult {
  return batch(24, options);
}
export function mapLookupAndDeleteBatch(options: MapBatchAttr): MapBatchResult {
  return batch(25, options);
}
export function mapUpdateBatch(options: MapBatchAttr): MapBatchResult {
  return batch(26, options);
}
export function mapDeleteBatch(options: MapBatchAttr): MapBatchResult {
  return batch(27, options);
}

export interface ProgLoadAttr {
  readonly progType: number;
  readonly insns: Uint8Array;
  readonly license: string;
  readonly logLevel?: number;
  readonly log?: Uint8Array | undefined;
  readonly kernVersion?: number;
  readonly progFlags?: number;
  readonly name?: string | undefined;
  readonly ifindex?: number;
  readonly expectedAttachType?: number;
  readonly btfFd?: number | undefined;
  readonly funcInfo?: { readonly recordSize: number; readonly bytes: Uint8Array } | undefined;
  readonly lineInfo?: { readonly recordSize: number; readonly bytes: Uint8Array } | undefined;
  readonly attachBtfId?: number;
  /** A program (freplace, fentry of a BPF program) or, from 5.11 on, a module's BTF. */
  readonly attachFd?: number | undefined;
  readonly fdArray?: Int32Array | undefined;
  readonly tokenFd?: number | undefined;
}

/** Loads again what a signal has disturbed: the verifier gives up with EAGAIN then. */
export function progLoad(options: ProgLoadAttr): number {
  const a = attr()
    .u32(0, options.progType)
    .u32(4, options.insns.byteLength / 8)
    .pointer(8, options.insns)
    .string(16, options.license);
  if (options.log !== undefined) {
    a.u32(24, options.logLevel ?? 0)
      .u32(28, options.log.byteLength)
      .pointer(32, options.log);
  }
  if (options.kernVersion) a.u32(40, options.kernVersion);
  if (options.progFlags) a.u32(44, options.progFlags);
  if (options.name !== undefined) a.chars(48, options.name, 16);
  if (options.ifindex) a.u32(64, options.ifindex);
  if (options.expectedAttachType) a.u32(68, options.expectedAttachType);
  if (options.btfFd !== undefined) a.i32(72, options.btfFd);
  if (options.funcInfo !== undefined) {
    a.u32(76, options.funcInfo.recordSize)
      .pointer(80, options.funcInfo.bytes)
      .u32(88, options.funcInfo.bytes.byteLength / options.funcInfo.recordSize);
  }
  if (options.lineInfo !== undefined) {
    a.u32(92, options.lineInfo.recordSize)
      .pointer(96, options.lineInfo.bytes)
      .u32(104, options.lineInfo.bytes.byteLength / options.lineInfo.recordSize);
  }
  if (options.attachBtfId) a.u32(108, options.attachBtfId);
  if (options.attachFd !== undefined) a.i32(112, options.attachFd);
  if (options.fdArray !== undefined)
    a.pointer(
      120,
      new Uint8Array(
        options.fdArray.buffer,
        options.fdArray.byteOffset,
        options.fdArray.byteLength,
      ),
    );
  if (options.tokenFd !== undefined) a.i32(144, options.tokenFd);
  for (let attempt = 1; ; attempt++) {
    const fd = bpfRaw(PROG_LOAD, a.address, a.size);
    if (fd >= 0) return fd;
    const error = bpfError(PROG_LOAD);
    if (error.code !== 'EAGAIN' || attempt >= LOAD_ATTEMPTS) throw error;
  }
}

export function objPin(
  fd: number,
  path: string,
  options: { fileFlags?: number; pathFd?: number } = {},
): void {
  const a = attr()
    .string(0, path)
    .i32(8, fd)
    .u32(12, options.fileFlags ?? 0);
  if (options.pathFd !== undefined) a.i32(16, options.pathFd);
  bpf(6, a);
}

export function objGet(
  path: string,
  options: { fileFlags?: number; pathFd?: number } = {},
): number {
  const a = attr()
    .string(0, path)
    .u32(12, options.fileFlags ?? 0);
  if (options.pathFd !== undefined) a.i32(16, options.pathFd);
  return bpf(7, a);
}

export interface ProgAttachAttr {
  readonly targetFd: number;
  readonly attachFd: number;
  readonly attachType: number;
  readonly attachFlags?: number;
  readonly replaceFd?: number;
  readonly relativeFdOrId?: number;
  readonly expectedRevision?: bigint;
}

function attachAttr(options: ProgAttachAttr): Attr {
  const a = attr().i32(0, options.targetFd).i32(4, options.attachFd).u32(8, options.attachType);
  if (options.attachFlags) a.u32(12, options.attachFlags);
  if (options.replaceFd !== undefined) a.i32(16, options.replaceFd);
  if (options.relativeFdOrId !== undefined) a.i32(20, options.relativeFdOrId);
  if (options.expectedRevision) a.u64(24, options.expectedRevision);
  return a;
}

export function progAttach(options: ProgAttachAttr): void {
  bpf(8, attachAttr(options));
}

export function progDetach(options: ProgAttachAttr): void {
  bpf(9, attachAttr(options));
}

export interface ProgTestRunAttr {
  readonly progFd: number;
  readonly dataIn?: Uint8Array | undefined;
  /** Written. */
  readonly dataOut?: Uint8Array | undefined;
  readonly repeat?: number;
  readonly ctxIn?: Uint8Array | undefined;
  /** Written. */
  readonly ctxOut?: Uint8Array | undefined;
  readonly flags?: number;
  readonly cpu?: number;
  readonly batchSize?: number;
}

export interface ProgTestRunResult {
  readonly retval: number;
  readonly dataSizeOut: number;
  readonly ctxSizeOut: number;
  /** Nanoseconds, mean of the repetitions. */
  readonly duration: number;
}

export function progTestRun(options: ProgTestRunAttr): ProgTestRunResult {
  const a = attr()
    .i32(0, options.progFd)
    .u32(8, options.dataIn?.byteLength ?? 0)
    .u32(12, options.dataOut?.byteLength ?? 0)
    .pointer(16, options.dataIn)
    .pointer(24, options.dataOut)
    .u32(32, options.repeat ?? 0)
    .u32(36, 0);
  if (options.ctxIn !== undefined || options.ctxOut !== undefined) {
    a.u32(40, options.ctxIn?.byteLength ?? 0)
      .u32(44, options.ctxOut?.byteLength ?? 0)
      .pointer(48, options.ctxIn)
      .pointer(56, options.ctxOut);
  }
  if (options.flags) a.u32(64, options.flags);
  if (options.cpu) a.u32(68, options.cpu);
  if (options.batchSize) a.u32(72, options.batchSize);
  bpf(10, a);
  return {
    retval: a.view.getUint32(4, LITTLE),
    dataSizeOut: a.view.getUint32(12, LITTLE),
    duration: a.view.getUint32(36, LITTLE),
    ctxSizeOut: a.view.getUint32(44, LITTLE),
  };
}

const NEXT_ID = { prog: 11, map: 12, btf: 23, link: 31 } as const;
const FD_BY_ID = { prog: 13, map: 14, btf: 19, link: 30 } as const;
/** Kinds of kernel objects that have ids. */
export type BpfObjectKind = keyof typeof NEXT_ID;

/** The first id above `startId`, or `undefined` after the last. */
export function getNextId(kind: BpfObjectKind, startId: number): number | undefined {
  const a = attr().u32(0, startId).u32(4, 0).u32(8, 0);
  if (bpfRaw(NEXT_ID[kind], a.address, a.size) < 0) {
    if (lastErrno() === 2) return undefined;
    throw bpfError(NEXT_ID[kind]);
  }
  return a.view.getUint32(4, LITTLE);
}

export function getFdById(kind: BpfObjectKind, id: number, openFlags = 0): number {
  const a = attr().u32(0, id);
  if (openFlags) a.u32(8, openFlags);
  return bpf(FD_BY_ID[kind], a);
}

/** `info` is written. @returns the bytes of it that the kernel filled */
export function objGetInfoByFd(fd: number, info: Uint8Array): number {
  const a = attr().i32(0, fd).u32(4, info.byteLength).pointer(8, info);
  bpf(15, a);
  return a.view.getUint32(4, LITTLE);
}

export interface ProgQueryAttr {
  readonly targetFd: number;
  readonly attachType: number;
  readonly queryFlags?: number;
  /** Written. */
  readonly progIds?: Uint32Array;
  readonly progAttachFlags?: Uint32Array;
  readonly linkIds?: Uint32Array;
  readonly linkAttachFlags?: Uint32Array;
}

export interface ProgQueryResult {
  readonly attachFlags: number;
  readonly count: number;
  readonly revision: bigint;
}

export function progQuery(options: ProgQueryAttr): ProgQueryResult {
  const a = attr()
    .i32(0, options.targetFd)
    .u32(4, options.attachType)
    .u32(8, options.queryFlags ?? 0)
    .u32(12, 0)
    .pointer(16, bytesOf(options.progIds))
    .u32(24, options.progIds?.length ?? 0);
  if (options.progAttachFlags !== undefined) a.pointer(32, bytesOf(options.progAttachFlags));
  if (options.linkIds !== undefined) a.pointer(40, bytesOf(options.linkIds));
  if (options.linkAttachFlags !== undefined) a.pointer(48, bytesOf(options.linkAttachFlags));
  bpf(16, a);
  return {
    attachFlags: a.view.getUint32(12, LITTLE),
    count: a.view.getUint32(24, LITTLE),
    revision: a.view.getBigUint64(56, LITTLE),
  };
}

/** `name` is `undefined` for programs whose target was given at load (tp_btf, fentry, …). */
export function rawTracepointOpen(
  name: string | undefined,
  progFd: number,
  cookie?: bigint,
): number {
  const a = attr().string(0, name).i32(8, progFd);
  if (cookie) a.u64(16, cookie);
  return bpf(17, a);
}

export function btfLoad(
  btf: Uint8Array,
  options: { log?: Uint8Array | undefined; logLevel?: number; tokenFd?: number } = {},
): number {
  const a = attr().pointer(0, btf).u32(16, btf.byteLength);
  if (options.log !== undefined) {
    a.pointer(8, options.log)
      .u32(20, options.log.byteLength)
      .u32(24, options.logLevel ?? 1);
  }
  if (options.tokenFd !== undefined) a.u32(32, 1 << 16).i32(36, options.tokenFd);
  return bpf(18, a);
}

/** Type-specific fields of BPF_LINK_CREATE start at 16: `fill` sets them on the attribute. */
export function linkCreate(
  options: { progFd: number; targetFd: number; attachType: number; flags?: number },
  fill?: (attribute: Attr) => void,
): number {
  const a = attr()
    .i32(0, options.progFd)
    .i32(4, options.targetFd)
    .u32(8, options.attachType)
    .u32(12, options.flags ?? 0);
  fill?.(a);
  return bpf(28, a);
}

/** `oldFd` with the flag BPF_F_REPLACE (4). Programs, or for struct_ops maps. */
export function linkUpdate(
  linkFd: number,
  newFd: number,
  options: { flags?: number; oldFd?: number } = {},
): void {
  const a = attr()
    .i32(0, linkFd)
    .i32(4, newFd)
    .u32(8, options.flags ?? 0);
  if (options.oldFd !== undefined) a.i32(12, options.oldFd);
  bpf(29, a);
}

export function linkDetach(linkFd: number): void {
  bpf(34, attr().i32(0, linkFd));
}

/** `type` 0 is run time and count. Enabled while the returned descriptor is open. */
export function enableStats(type: number): number {
  return bpf(32, attr().u32(0, type));
}

export function iterCreate(linkFd: number): number {
  return bpf(33, attr().i32(0, linkFd).u32(4, 0));
}

export function progBindMap(progFd: number, mapFd: number): void {
  bpf(35, attr().i32(0, progFd).i32(4, mapFd).u32(8, 0));
}

function bytesOf(array: Uint32Array | undefined): Uint8Array | undefined {
  return array === undefined
    ? undefined
    : new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
