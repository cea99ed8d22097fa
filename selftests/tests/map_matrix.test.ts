// Every type of map against every method: each works, or says that this type has no such thing. Nothing else, whatever is called.

import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BpfMap, isBpfError, openObject } from '@libbpf-ts/libbpf';
import { mapType } from '@libbpf-ts/libbpf/open';
import { assert, type Feature, features, syscall, type TestContext, test } from '#harness';

type AnyMap = BpfMap<unknown, unknown, unknown>;

/** A call of each kind; what is at hand is a key and a value that fit. */
const METHODS: Record<string, (map: AnyMap, key: unknown, value: unknown) => unknown> = {
  lookup: (map, key) => map.lookup(key),
  has: (map, key) => map.has(key),
  update: (map, key, value) => map.update(key, value),
  lookupAndDelete: (map, key) => map.lookupAndDelete(key),
  delete: (map, key) => map.delete(key),
  push: (map, _key, value) => map.push(value),
  peek: (map) => map.peek(),
  pop: (map) => map.pop(),
  mayHave: (map, _key, value) => map.mayHave(value),
  entries: (map) => [...map.entries()],
  keys: (map) => [...map.keys()],
  values: (map) => [...map.values()],
  forEach: (map) => map.forEach(() => {}),
  lookupBatch: (map) => map.lookupBatch(),
  updateBatch: (map, key, value) => map.updateBatch([[key, value]]),
  deleteBatch: (map, key) => map.deleteBatch([key]),
  lookupAndDeleteBatch: (map) => map.lookupAndDeleteBatch(),
  lookupId: (map, key) => map.lookupId(key),
  memory: (map) => map.memory(),
  stream: (map) => map.stream.close(),
  writer: (map) => map.writer,
};

const READ = ['lookup', 'has', 'entries', 'keys', 'values', 'forEach', 'lookupBatch'] as const;
const WRITE = ['update', 'updateBatch'] as const;
const REMOVE = ['delete', 'deleteBatch'] as const;
const DRAIN = ['lookupAndDelete', 'lookupAndDeleteBatch'] as const;
const HASH = [...READ, ...WRITE, ...REMOVE, ...DRAIN] as const;
const QUEUE = ['push', 'peek', 'pop'] as const;

interface Row {
  readonly type: Parameters<typeof mapType>[0];
  readonly keySize?: number;
  readonly valueSize?: number;
  readonly maxEntries?: number;
  readonly flags?: number;
  readonly works: readonly (keyof typeof METHODS)[];
  readonly key?: unknown;
  /** A value that fits: bytes, unless said otherwise; a descriptor is closed afterwards. */
  readonly value?: unknown;
  readonly descriptor?: () => number;
  readonly needs?: readonly Feature[];
}

const BPF_F_NO_PREALLOC = 1;
const BPF_F_MMAPABLE = 1 << 10;

const rows: readonly Row[] = [
  { type: 'HASH', works: HASH },
  { type: 'LRU_HASH', works: HASH },
  { type: 'PERCPU_HASH', works: HASH },
  { type: 'LRU_PERCPU_HASH', works: HASH },
  {
    type: 'RHASH',
    flags: BPF_F_NO_PREALLOC,
    works: HASH,
    needs: [features.resizableHash],
  },
  { type: 'ARRAY', key: 1, works: [...READ, ...WRITE] },
  { type: 'ARRAY', key: 1, flags: BPF_F_MMAPABLE, works: [...READ, ...WRITE, 'memory'] },
  { type: 'PERCPU_ARRAY', key: 1, works: [...READ, ...WRITE] },
  {
    type: 'INSN_ARRAY',
    key: 1,
    valueSize: 16,
    works: ['lookup', 'has', 'keys', 'update'],
    needs: [features.instructionArray],
  },
  {
    type: 'LPM_TRIE',
    keySize: 8,
    flags: BPF_F_NO_PREALLOC,
    works: [...READ, ...WRITE, ...REMOVE],
  },
  { type: 'QUEUE', keySize: 0, works: QUEUE },
  { type: 'STACK', keySize: 0, works: QUEUE },
  { type: 'BLOOM_FILTER', keySize: 0, works: ['push', 'mayHave'], needs: [features.bloomFilter] },
  { type: 'STACK_TRACE', key: 0, valueSize: 80, works: [...READ, ...REMOVE] },
  { type: 'PROG_ARRAY', key: 0, valueSize: 4, value: undefined, works: [...READ, ...REMOVE] },
  {
    type: 'CGROUP_ARRAY',
    key: 0,
    valueSize: 4,
    descriptor: () => openSync(cgroup2(), 'r'),
    works: ['update', 'updateBatch', ...REMOVE, 'keys'],
  },
  { type: 'DEVMAP', key: 0, valueSize: 4, value: 1, works: [...READ, ...WRITE, ...REMOVE] },
  {
    type: 'DEVMAP',
    key: 0,
    value: { target: 1, program: 0 },
    works: [...READ, ...WRITE, ...REMOVE],
    needs: [features.deviceMapProgram],
  },
  {
    type: 'DEVMAP_HASH',
    key: 9,
    valueSize: 4,
    value: 1,
    works: [...READ, ...WRITE, ...REMOVE],
  },
  {
    type: 'CPUMAP',
    key: 0,
    valueSize: 4,
    maxEntries: 1,
    value: 64,
    works: [...READ, ...WRITE, ...REMOVE],
  },
  {
    type: 'CPUMAP',
    key: 0,
    maxEntries: 1,
    value: { target: 64, program: 0 },
    works: [...READ, ...WRITE, ...REMOVE],
    needs: [features.cpuMapProgram],
  },
  {
    type: 'XSKMAP',
    key: 0,
    valueSize: 4,
    descriptor: xdpSocket,
    works: ['update', ...REMOVE, 'keys'],
    needs: [features.xdpSockets],
  },
  { type: 'SOCKMAP', key: 0, value: undefined, works: READ },
  { type: 'SOCKHASH', value: undefined, works: [...READ, ...REMOVE] },
  {
    type: 'REUSEPORT_SOCKARRAY',
    key: 0,
    descriptor: reusePortSocket,
    works: [...READ, 'update', ...REMOVE],
  },
  { type: 'PERF_EVENT_ARRAY', key: 0, valueSize: 4, value: undefined, works: ['stream', 'delete'] },
  {
    type: 'RINGBUF',
    keySize: 0,
    valueSize: 0,
    maxEntries: 4096,
    works: ['stream'],
    needs: [features.ringBuffer],
  },
  {
    type: 'USER_RINGBUF',
    keySize: 0,
    valueSize: 0,
    maxEntries: 4096,
    works: ['writer'],
    needs: [features.userRingBuffer],
  },
  {
    type: 'ARENA',
    keySize: 0,
    valueSize: 0,
    flags: BPF_F_MMAPABLE,
    works: ['memory'],
    needs: [features.arena],
  },
];

const SOCKET = 41;
const BIND = 49;
const SETSOCKOPT = 54;
const AF_INET = 2;
const AF_XDP = 44;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const SOL_SOCKET = 1;
const SO_REUSEPORT = 15;
const SOL_XDP = 283;
const XDP_RX_RING = 2;

/** The map takes sockets that can receive only. */
function xdpSocket(): number {
  const fd = syscall(SOCKET, AF_XDP, SOCK_RAW, 0);
  const entries = new Int32Array(new ArrayBuffer(4)).fill(64);
  assert.equal(syscall(SETSOCKOPT, fd, SOL_XDP, XDP_RX_RING, entries.buffer, 4), 0);
  return fd;
}

/** The map takes members of a group only. */
function reusePortSocket(): number {
  const fd = syscall(SOCKET, AF_INET, SOCK_DGRAM, 0);
  const one = new Int32Array(new ArrayBuffer(4)).fill(1);
  assert.equal(syscall(SETSOCKOPT, fd, SOL_SOCKET, SO_REUSEPORT, one.buffer, 4), 0);
  const address = new Uint8Array(new ArrayBuffer(16));
  address.set([AF_INET, 0, 0, 0, 127, 0, 0, 1]);
  assert.equal(syscall(BIND, fd, address.buffer, 16), 0);
  return fd;
}

function cgroup2(): string {
  const mount = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .find((line) => line.split(' ')[2] === 'cgroup2');
  assert.ok(mount !== undefined, 'no cgroup2 is mounted');
  return mount.split(' ')[1]!;
}

for (const row of rows) {
  const { type, needs = [] } = row;
  const more = row.flags === BPF_F_MMAPABLE && type === 'ARRAY' ? ', mapped' : '';
  const size = type === 'DEVMAP' || type === 'CPUMAP' ? `, ${row.valueSize ?? 8} bytes` : '';
  test(`${type}${more}${size}`, (t) => tryAll(t, row), { needs });
}

function tryAll(t: TestContext, row: Row): void {
  const map = makeMap(t, row);
  const fd = row.descriptor?.();
  assert.ok(fd === undefined || fd >= 0, `descriptor: ${fd}`);
  const key = row.key ?? new Uint8Array(map.keySize);
  const value = fd ?? ('value' in row ? row.value : new Uint8Array(map.valueSize));
  const wrong: string[] = [];
  for (const [name, call] of Object.entries(METHODS)) {
    const answer = outcome(() => call(map, key, value));
    const isRight = row.works.includes(name)
      ? answer === 'works' || isOldKernel(t, row, name, answer)
      : mayAlso(row, name, answer);
    if (!isRight) wrong.push(`${name}: ${answer}`);
  }
  if (fd !== undefined) closeSync(fd);
  assert.deepEqual(wrong, []);
}

function outcome(run: () => unknown): string {
  try {
    run();
    return 'works';
  } catch (error) {
    return isBpfError(error) ? `${error.code} ${error.errno}` : String(error);
  }
}

/** What is no use on this type of map may still do no harm, as walking over the empty slots of an array. */
function mayAlso({ value, type }: Row, name: string, answer: string): boolean {
  if (answer === 'works' || answer.startsWith('BPF_WRONG_KIND')) return true;
  if (type === 'STACK_TRACE' && answer.startsWith('TypeError: stack traces are written by'))
    return true;
  // There was nothing to put in, or to take out.
  return (
    (value === undefined && answer.includes('expected a descriptor')) ||
    (type === 'SOCKMAP' && REMOVE.includes(name as 'delete') && answer === 'BPF_MAP_DELETE EINVAL')
  );
}

/** Hashes learned to look up and delete in Linux 5.14. */
function isOldKernel(t: TestContext, { type }: Row, name: string, answer: string): boolean {
  return (
    !t.atLeast('5.14') &&
    name === 'lookupAndDelete' &&
    type.endsWith('HASH') &&
    answer === 'BPF_MAP_LOOKUP_AND_DELETE ENOTSUPP'
  );
}

const bytes = readFileSync(join(import.meta.dirname, '../../map_kinds.bpf.o'));

/** One map of the object, as another type; no program. */
function makeMap(t: TestContext, row: Row): AnyMap {
  const object = openObject(bytes, { name: 'matrix' });
  t.after(() => object.close());
  for (const program of object.programs.values()) program.autoload = false;
  for (const map of object.maps.values()) map.autocreate = map.name === 'untyped';
  const map = object.map('untyped');
  map.type = mapType(row.type);
  map.keySize = row.keySize ?? 4;
  map.valueSize = row.valueSize ?? 8;
  map.maxEntries = row.maxEntries ?? 4;
  map.flags = row.flags ?? 0;
  object.load();
  return map;
}
