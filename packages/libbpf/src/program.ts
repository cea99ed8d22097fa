/**
 * A program of an object: settings until the object is loaded, a descriptor and ways to attach afterwards.
 */

import { BpfError } from './errors.js';
import { type ProgramInfo, programInfo } from './info/program-info.js';
import type { ProgramOwner } from './link/attachable.js';
import { attachBySection } from './link/auto-attach.js';
import type { BpfLink } from './link/bpf-link.js';
import { type AttachMethods, ProgramAttach } from './link/program-attach.js';
import { pinAt } from './load/pin-at.js';
import { PROG_TYPES, progType } from './open/constants.js';
import type { ProgramSpec } from './open/object-spec.js';
import { replaceInstructions } from './open/replace-instructions.js';
import { type ProgTestRunResult, progTestRun } from './sys/bpf.js';
import { Fd } from './sys/fd.js';

const BPF_F_TEST_XDP_LIVE_FRAMES = 2;
/** Bytes for a context to come out: a newer kernel's may be longer than the one that went in, and must fit. */
const CONTEXT_ROOM = 512;
const CONTEXT_ONLY_IN = [
  progType('RAW_TRACEPOINT'),
  progType('RAW_TRACEPOINT_WRITABLE'),
  progType('SYSCALL'),
];

/** What can be set before load. */
export interface OpenBpfProgram {
  readonly name: string;
  readonly section: string;
  /** BPF_PROG_TYPE_*; settable, for sections that do not say. */
  type: number;
  expectedAttachType: number;
  /** BPF_F_* of BPF_PROG_LOAD. */
  flags: number;
  /** Number of the network interface whose card runs it (XDP offload); 0, the default, for none. */
  ifindex: number;
  /** Whether it is loaded with the object. Default: true, unless the section name begins with `?`. */
  autoload: boolean;
  /** Whether the skeleton's `attach()` includes it. Default: true. */
  autoattach: boolean;
  /** What it will be attached to, where that is fixed at load: `sched_switch` for tp_btf. */
  attachTarget: string | undefined;
  /** Descriptor of the BPF program that {@link attachTarget} is a function of; 0, the default, for the kernel. */
  attachProgFd: number;
  /** Bits of the kernel's log_level for this program; `undefined`, the default: as the object is loaded. */
  logLevel: number | undefined;
  /** Bytes for the kernel's log of this program; `undefined`, the default: as many as it needs. */
  logSize: number | undefined;
  /**
   * Its code, 8 bytes an instruction, before relocation: a copy. When set, references stay with instructions that are the same
   * as before at the same place.
   */
  instructions: Uint8Array;
}

/** A loaded program, ready to be attached. */
export interface LoadedBpfProgram extends AttachMethods {
  readonly name: string;
  readonly section: string;
  readonly type: number;
  readonly fd: number;
  readonly autoload: boolean;
  /** False where its autoload was off. */
  readonly isLoaded: boolean;
  autoattach: boolean;
  /** What the verifier said, if a log was asked for. */
  readonly log: string;
  /**
   * Attaches by what the section name says.
   *
   * @throws BpfError `BPF_NOT_ATTACHABLE` when it names no target; then one of the other methods does it
   */
  attach(): BpfLink;
  /** Runs it once, or `repeat` times, without attaching it. */
  run(options?: TestRunOptions): TestRun;
  /** What the kernel says of it: id, size, how often and how long it ran. */
  info(): ProgramInfo;
  /** Pins it in a BPF file system: it then outlives this process. */
  pin(path: string): void;
}

/** How to run a program once, without attaching it (BPF_PROG_TEST_RUN). */
export interface TestRunOptions {
  /** Packet or other input. */
  readonly data?: Uint8Array;
  /** Room for the output. Default: as much as the input and 256 bytes more. */
  readonly dataOutSize?: number;
  /** The context structure, for the types that take one. */
  readonly context?: Uint8Array;
  /** Default 1. */
  readonly repeat?: number;
  /** Which CPU to run on, with flag BPF_F_TEST_RUN_ON_CPU. */
  readonly cpu?: number;
  /** BPF_F_TEST_*. */
  readonly flags?: number;
  /** Packets at once, with flag BPF_F_TEST_XDP_LIVE_FRAMES. Kernel 5.18. */
  readonly batchSize?: number;
}

/** What came of it. */
export interface TestRun {
  readonly returnValue: number;
  readonly data: Uint8Array;
  /** As the program left it. */
  readonly context: Uint8Array;
  /** Nanoseconds a run, mean of the repetitions. */
  readonly duration: number;
}

/** Both phases of a program; users see {@link OpenBpfProgram} or {@link LoadedBpfProgram}. */
export class BpfProgram extends ProgramAttach implements OpenBpfProgram, LoadedBpfProgram {
  readonly spec: ProgramSpec;
  readonly owner: ProgramOwner | undefined;
  #phase: 'open' | 'loaded' | 'closed' = 'open';
  #fd: Fd | undefined;
  #log = '';

  /** @param owner - its object, whose maps some ways of attaching need */
  constructor(spec: ProgramSpec, owner?: ProgramOwner) {
    super();
    this.spec = spec;
    this.owner = owner;
  }

  get name(): string {
    return this.spec.name;
  }
  get section(): string {
    return this.spec.section;
  }
  get type(): number {
    return this.spec.type;
  }
  set type(value: number) {
    this.#settable('type').type = value;
  }
  get expectedAttachType(): number {
    return this.spec.expectedAttachType;
  }
  set expectedAttachType(value: number) {
    this.#settable('expectedAttachType').expectedAttachType = value;
  }
  get flags(): number {
    return this.spec.flags;
  }
  set flags(value: number) {
    this.#settable('flags').flags = value;
  }
  get ifindex(): number {
    return this.spec.ifindex;
  }
  set ifindex(value: number) {
    this.#settable('ifindex').ifindex = value;
  }
  get autoload(): boolean {
    return this.spec.autoload;
  }
  set autoload(value: boolean) {
    this.#settable('autoload').autoload = value;
  }
  get autoattach(): boolean {
    return this.spec.autoattach;
  }
  set autoattach(value: boolean) {
    this.spec.autoattach = value;
  }
  get attachTarget(): string | undefined {
    return this.spec.attachTarget;
  }
  set attachTarget(value: string | undefined) {
    this.#settable('attachTarget').attachTarget = value;
  }

  get attachProgFd(): number {
    return this.spec.attachProgFd;
  }
  set attachProgFd(value: number) {
    this.#settable('attachProgFd').attachProgFd = value;
  }
  get logLevel(): number | undefined {
    return this.spec.logLevel;
  }
  set logLevel(value: number | undefined) {
    this.#settable('logLevel').logLevel = value;
  }
  get logSize(): number | undefined {
    return this.spec.logSize;
  }
  set logSize(value: number | undefined) {
    this.#settable('logSize').logSize = value;
  }
  get instructions(): Uint8Array {
    return this.spec.instructions.slice();
  }
  set instructions(value: Uint8Array) {
    replaceInstructions(this.#settable('instructions'), value);
  }

  get isLoaded(): boolean {
    return this.#fd?.isOpen ?? false;
  }
  get log(): string {
    return this.#log;
  }

  /** @throws BpfError `BPF_PHASE` before load, `BPF_NOT_LOADED` if autoload was off, `BPF_CLOSED` */
  get fd(): number {
    if (this.#fd?.isOpen) return this.#fd.number;
    throw this.#unavailable('its descriptor');
  }

  /**
   * Attaches by what the section name says.
   *
   * @throws BpfError `BPF_NOT_ATTACHABLE` when it says nothing
   */
  attach(): BpfLink {
    if (!this.isLoaded) throw this.#unavailable('attach()');
    const link = attachBySection(this);
    if (link === undefined) {
      throw new BpfError(
        'BPF_NOT_ATTACHABLE',
        `program "${this.name}": section "${this.section}" names no target; use one of the attach methods, which take it`,
        { program: this.name, section: this.section },
      );
    }
    return link;
  }

  /** Runs it once, or `repeat` times, on data of the caller's. Copies in and out. */
  run(options: TestRunOptions = {}): TestRun {
    const { data, flags = 0 } = options;
    const liveFrames = (flags & BPF_F_TEST_XDP_LIVE_FRAMES) !== 0;
    const dataOut =
      data === undefined || liveFrames
        ? undefined
        : new Uint8Array(options.dataOutSize ?? data.byteLength + 256);
    // Some types refuse room for a context to come out; of them syscall programs write into the one that goes in.
    const context = options.context?.slice();
    const ctxOut =
      context === undefined || CONTEXT_ONLY_IN.includes(this.type)
        ? undefined
        : new Uint8Array(Math.max(context.byteLength, CONTEXT_ROOM));
    let result: ProgTestRunResult;
    try {
      result = progTestRun({
        progFd: this.fd,
        dataIn: data,
        dataOut,
        ctxIn: context,
        ctxOut,
        repeat: options.repeat ?? 0,
        flags,
        cpu: options.cpu ?? 0,
        batchSize: options.batchSize ?? 0,
      });
    } catch (cause) {
      if (cause instanceof BpfError) throw cause;
      throw new BpfError(
        'BPF_TEST_RUN',
        `program "${this.name}" of type ${PROG_TYPES[this.type] ?? this.type} could not be test-run: ${(cause as Error).message}`,
        { program: this.name, cause },
      );
    }
    return {
      returnValue: result.retval,
      data: dataOut?.subarray(0, result.dataSizeOut) ?? new Uint8Array(0),
      context: ctxOut?.subarray(0, result.ctxSizeOut) ?? context ?? new Uint8Array(0),
      duration: result.duration,
    };
  }

  info(): ProgramInfo {
    return programInfo(this.fd);
  }

  /** Pins it in a BPF file system. @throws BpfError `BPF_PIN` */
  pin(path: string): void {
    pinAt(this.fd, path, (problem, cause) => {
      const facts = { program: this.name, cause };
      return new BpfError('BPF_PIN', `program "${this.name}" ${problem}`, facts);
    });
  }

  /** The object hands over what it loaded; `undefined` if autoload was off. */
  adopt(fd: number | undefined, log: string): void {
    this.#phase = 'loaded';
    this.#fd = fd === undefined ? undefined : new Fd(fd);
    this.#log = log;
  }

  close(): void {
    this.#phase = 'closed';
    this.#fd?.close();
  }

  #settable(property: string): ProgramSpec {
    if (this.#phase === 'open') return this.spec;
    throw new BpfError(
      'BPF_PHASE',
      `program "${this.name}": ${property} can be set between open() and load() only`,
      { program: this.name },
    );
  }

  #unavailable(what: string): BpfError {
    const facts = { program: this.name };
    if (this.#phase === 'open')
      return new BpfError(
        'BPF_PHASE',
        `program "${this.name}": ${what} needs a loaded object; call load() first`,
        facts,
      );
    if (this.#phase === 'closed')
      return new BpfError(
        'BPF_CLOSED',
        `program "${this.name}": ${what} is gone, its object is closed`,
        facts,
      );
    return new BpfError(
      'BPF_NOT_LOADED',
      `program "${this.name}": ${what} is missing, it was not loaded because its autoload was off`,
      facts,
    );
  }
}
