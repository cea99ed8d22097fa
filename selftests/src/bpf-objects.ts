/**
 * The kernel's BPF objects by id: which exist, what they are, and whether another process holds them. Layouts: linux/bpf.h,
 * `union bpf_attr` and the `bpf_*_info` structs; only leading fields that every supported kernel has are read.
 */

import { closeSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { addressOf, bpf } from './syscalls.js';

export type ObjectKind = 'prog' | 'map' | 'btf' | 'link';
export const objectKinds: readonly ObjectKind[] = ['prog', 'map', 'btf', 'link'];

const BPF_OBJ_GET_INFO_BY_FD = 15;
const commands: Record<ObjectKind, { nextId: number; fdById: number }> = {
  prog: { nextId: 11, fdById: 13 },
  map: { nextId: 12, fdById: 14 },
  btf: { nextId: 23, fdById: 19 },
  link: { nextId: 31, fdById: 30 },
};

/** `prog 12`: the key of one object in a set. */
export type ObjectKey = `${ObjectKind} ${number}`;

/** Every BPF object that exists now. Needs CAP_SYS_ADMIN; without it the set is empty. */
export function listObjects(): Set<ObjectKey> {
  const found = new Set<ObjectKey>();
  const attribute = new ArrayBuffer(16);
  const words = new Uint32Array(attribute);
  for (const kind of objectKinds) {
    let id = 0;
    for (;;) {
      words.fill(0);
      words[0] = id;
      if (bpf(commands[kind].nextId, attribute) < 0) break;
      id = words[1] ?? 0;
      found.add(`${kind} ${id}`);
    }
  }
  return found;
}

/** What is known of one object. */
export interface ObjectFacts {
  readonly name: string;
  /** The objects that it keeps alive. */
  readonly uses: readonly ObjectKey[];
  /** BTF of the kernel or of a module: loaded by no process. */
  readonly ofKernel: boolean;
}

/** @returns `undefined` if the object is gone */
export function describeObject(key: ObjectKey): ObjectFacts | undefined {
  const [kind, id] = key.split(' ') as [ObjectKind, string];
  const attribute = new ArrayBuffer(16);
  const words = new Uint32Array(attribute);
  words[0] = Number(id);
  const fd = bpf(commands[kind].fdById, attribute);
  if (fd < 0) return undefined;
  try {
    return readers[kind](fd);
  } finally {
    closeSync(fd);
  }
}

const readers: Record<ObjectKind, (fd: number) => ObjectFacts> = {
  prog(fd) {
    const mapIds = new ArrayBuffer(64 * 4);
    const info = readInfo(fd, 232, (view) => {
      view.setUint32(52, 64, true);
      view.setBigUint64(56, addressOf(mapIds), true);
    });
    const maps = [...new Uint32Array(mapIds, 0, Math.min(64, info.getUint32(52, true)))];
    const uses = maps.map((map): ObjectKey => `map ${map}`);
    return facts(text(info, 64, 16), [...uses, `btf ${info.getUint32(128, true)}`]);
  },
  map(fd) {
    const info = readInfo(fd, 88);
    return facts(text(info, 24, 16), [`btf ${info.getUint32(64, true)}`]);
  },
  btf(fd) {
    const name = new ArrayBuffer(64);
    const info = readInfo(fd, 32, (view) => {
      view.setBigUint64(16, addressOf(name), true);
      view.setUint32(24, 64, true);
    });
    return {
      ...facts(text(new DataView(name), 0, 64), []),
      ofKernel: info.getUint32(28, true) !== 0,
    };
  },
  link(fd) {
    const info = readInfo(fd, 64);
    return facts(`type ${info.getUint32(0, true)}`, [`prog ${info.getUint32(8, true)}`]);
  },
};

function facts(name: string, uses: readonly ObjectKey[]): ObjectFacts {
  return { name, uses: uses.filter((key) => !key.endsWith(' 0')), ofKernel: false };
}

function readInfo(fd: number, size: number, prepare?: (view: DataView) => void): DataView {
  const info = new ArrayBuffer(size);
  const view = new DataView(info);
  prepare?.(view);
  const attribute = new ArrayBuffer(16);
  const fields = new DataView(attribute);
  fields.setUint32(0, fd, true);
  fields.setUint32(4, size, true);
  fields.setBigUint64(8, addressOf(info), true);
  bpf(BPF_OBJ_GET_INFO_BY_FD, attribute);
  return view;
}

function text(view: DataView, offset: number, length: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, length);
  const end = bytes.indexOf(0);
  return Buffer.from(bytes.subarray(0, end === -1 ? length : end)).toString('utf8');
}

/**
 * The objects that processes other than this one and its descendants hold a descriptor of, with everything that those objects keep
 * alive in turn: on a machine where others work with BPF too, theirs are not our leak.
 */
export function heldByOthers(): Set<ObjectKey> {
  const held = new Set<ObjectKey>();
  for (const pid of otherProcesses()) {
    for (const key of heldBy(pid)) held.add(key);
  }
  for (const key of held) {
    for (const used of describeObject(key)?.uses ?? []) held.add(used); // a Set's iteration sees what is added on the way
  }
  return held;
}

function otherProcesses(): number[] {
  const pids = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);
  const parents = new Map(pids.map((pid) => [pid, parentOf(pid)]));
  const isOurs = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 0; at = parents.get(at)) {
      if (at === process.pid) return true;
    }
    return false;
  };
  return pids.filter((pid) => !isOurs(pid));
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}

function heldBy(pid: number): ObjectKey[] {
  return listOr(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      // Reading fdinfo of every file of a busy machine is slow; only BPF's anonymous inodes have ids in it.
      if (!readlinkSync(`/proc/${pid}/fd/${fd}`).startsWith('anon_inode:')) return [];
      const info = readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8');
      return [...info.matchAll(/^(prog|map|btf|link)_id:\s*(\d+)$/gm)].map(
        ([, kind, id]): ObjectKey => `${kind as ObjectKind} ${Number(id)}`,
      );
    } catch {
      return []; // the process or its descriptor went away: it holds nothing
    }
  });
}

function listOr(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
