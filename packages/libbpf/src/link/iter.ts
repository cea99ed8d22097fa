/**
 * Iterators: programs that the kernel runs once for each task, map, socket, … while a descriptor is read (5.8). What the program
 * prints with bpf_seq_printf and bpf_seq_write is what is read.
 */

import { existsSync, readSync } from 'node:fs';
import { SyscallError } from '../errors.js';
import { attachType } from '../open/constants.js';
import { LITTLE } from '../sys/attr.js';
import { iterCreate, linkCreate } from '../sys/bpf.js';
import { closeFd, Fd } from '../sys/fd.js';
import {
  type Attachable,
  type Attempt,
  attempt,
  badOption,
  expectType,
  noFeature,
  noTarget,
  wrongKind,
} from './attachable.js';
import { BpfLink } from './bpf-link.js';

export interface IterOptions {
  /** For `iter/bpf_map_elem` and its like: whose elements. */
  readonly map?: { readonly fd: number };
  /** For `iter/task` and its like: one thread. Kernel 6.1. */
  readonly tid?: number;
  /** One process, with all of its threads. Kernel 6.1. */
  readonly pid?: number;
  /** For `iter/cgroup`: the folder to start at. Kernel 6.1. */
  readonly cgroup?: { readonly fd: number } | { readonly id: bigint };
  /** Which cgroups, and in which order; default the one alone. */
  readonly cgroupOrder?: 'self' | 'descendants-pre' | 'descendants-post' | 'ancestors';
}

const ORDERS = { self: 1, 'descendants-pre': 2, 'descendants-post': 3, ancestors: 4 } as const;
const READ_SIZE = 64 * 1024;

/** An attached iterator: each reading runs it anew. */
export class BpfIterLink extends BpfLink {
  /**
   * Runs the iterator and gives all that it wrote. A copy.
   *
   * @throws BpfError with the errno that the program, or the kernel, stopped it with
   */
  readBytes(): Uint8Array {
    const chunks = [...this.chunks()];
    const whole = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const chunk of chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return whole;
  }

  /** Runs the iterator and gives what it wrote, as UTF-8 text. */
  readText(): string {
    return new TextDecoder().decode(this.readBytes());
  }

  /** Runs the iterator and gives its output in the pieces that the kernel hands out: whole records for programs that write such. */
  *chunks(): Generator<Uint8Array<ArrayBuffer>, void, undefined> {
    const what = `iterator of program "${this.program}"`;
    const fd = new Fd(iterCreate(this.fd), `${what}, half read`);
    try {
      for (;;) {
        const buffer = new Uint8Array(READ_SIZE);
        const length = readOnce(fd.number, buffer);
        if (length === 0) return;
        yield buffer.subarray(0, length);
      }
    } finally {
      fd.close();
    }
  }

  /** Runs the iterator and gives its output line by line, without the line ends. */
  *lines(): Generator<string, void, undefined> {
    const decoder = new TextDecoder();
    let rest = '';
    for (const chunk of this.chunks()) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = parts.pop()!;
      yield* parts;
    }
    rest += decoder.decode();
    if (rest !== '') yield rest;
  }

  /** The same, letting other work of the process go on between pieces. */
  async *[Symbol.asyncIterator](): AsyncGenerator<string, void, undefined> {
    for (const line of this.lines()) {
      yield line;
      if (++linesGiven % 256 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

let linesGiven = 0;

function readOnce(fd: number, buffer: Uint8Array): number {
  for (;;) {
    try {
      return readSync(fd, buffer);
    } catch (error) {
      // The kernel pauses long walks this way; reading goes on where it stopped.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

/** Attaches an iterator; nothing runs until it is read. */
export function attachIter(program: Attachable, options: IterOptions = {}): BpfIterLink {
  expectType(program, 'attachIter()', ['TRACING']);
  const what: Attempt = { program, way: `iter ${program.spec.attachTarget ?? ''}`.trimEnd() };
  if (program.expectedAttachType !== attachType('TRACE_ITER'))
    throw wrongKind(what, 'attachIter() is for iterators; use attachTrace()');
  const info = linkInfoOf(what, options);
  // The kernel would walk through nothing.
  const task = options.pid ?? options.tid;
  if (task !== undefined && !existsSync(`/proc/${task}`))
    throw noTarget(what, `there is no process ${task}`);
  const ofTask = options.map === undefined && info !== undefined;
  const create = (parameters: Uint8Array | undefined) =>
    linkCreate(
      { progFd: program.fd, targetFd: 0, attachType: attachType('TRACE_ITER') },
      (attribute) => {
        if (parameters !== undefined) attribute.pointer(16, parameters).u32(24, parameters.length);
      },
    );
  if (ofTask && !takesTask(create)) throw noFeature(what, 'iterators of one task or cgroup', '6.1');
  const fd = attempt(what, () => create(info), {
    EBADF: 'this iterator needs a map or a cgroup to walk through, or the one given is closed',
    EINVAL: ofTask
      ? 'this iterator does not walk through tasks or cgroups'
      : 'the map is of a type that it cannot walk through',
  });
  return new BpfIterLink({ program: program.name, way: what.way, fds: [fd], isKernelLink: true });
}

let answer: boolean | undefined;

/**
 * Whether the kernel looks at parameters past the map. One that does not says E2BIG, but only if they are not zero: thread and
 * process at once are, and those that know them refuse both together.
 */
function takesTask(create: (parameters: Uint8Array) => number): boolean {
  if (answer !== undefined) return answer;
  try {
    closeFd(create(new Uint8Array(Uint32Array.of(1, 1, 0).buffer)));
    answer = true; // an iterator that takes no parameters at all
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    answer = error.code !== 'E2BIG';
  }
  return answer;
}

/** The parameters are a union: those of another iterator would be taken for its own. */
function checkTarget(what: Attempt, { map, tid, pid, cgroup }: IterOptions): void {
  const target = what.program.spec.attachTarget ?? '';
  const wrong = (option: string, wanted: string) =>
    badOption(what, `${option} is for iterators over ${wanted}, this one is over "${target}"`);
  if (map !== undefined && !/^(?:bpf_map_elem|bpf_sk_storage_map|sockmap)$/.test(target))
    throw wrong('map', 'the elements of a map');
  if ((tid !== undefined || pid !== undefined) && !target.startsWith('task'))
    throw wrong(tid === undefined ? 'pid' : 'tid', 'tasks, their files or memory');
  if (cgroup !== undefined && !/^(?:cgroup|css)/.test(target)) throw wrong('cgroup', 'cgroups');
}

/** `union bpf_iter_link_info`; `undefined` for iterators over everything. */
function linkInfoOf(what: Attempt, options: IterOptions): Uint8Array | undefined {
  const { map, tid, pid, cgroup, cgroupOrder } = options;
  const given = [map, tid, pid, cgroup].filter((one) => one !== undefined).length;
  if (given > 1) throw badOption(what, 'only one of map, tid, pid and cgroup can be given');
  if (cgroupOrder !== undefined && cgroup === undefined)
    throw badOption(what, 'cgroupOrder needs a cgroup');
  if (given === 0) return undefined;
  checkTarget(what, options);
  const view = new DataView(new ArrayBuffer(16));
  if (map !== undefined) {
    view.setUint32(0, map.fd, LITTLE);
    return new Uint8Array(view.buffer, 0, 4);
  }
  if (cgroup !== undefined) {
    view.setUint32(0, ORDERS[cgroupOrder ?? 'self'], LITTLE);
    if ('fd' in cgroup) view.setUint32(4, cgroup.fd, LITTLE);
    else view.setBigUint64(8, cgroup.id, LITTLE);
    return new Uint8Array(view.buffer);
  }
  view.setUint32(0, tid ?? 0, LITTLE);
  view.setUint32(4, pid ?? 0, LITTLE);
  return new Uint8Array(view.buffer, 0, 12);
}
