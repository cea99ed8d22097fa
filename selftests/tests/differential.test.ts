// Every object of the corpus and of the repository gets the same verdict from us as from `bpftool prog loadall`, and where both
// load it, the kernel holds the same instructions, but for addresses and ids.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { openObject } from '@libbpf-ts/libbpf';
import { closeFd, objGet, translatedInstructions } from '@libbpf-ts/libbpf/internal';
import { findProgram } from '#command';
import { assert, features, type TestContext, test } from '#harness';
import { corpusObjects } from '#paths';

/** Program → its instructions in the kernel; `undefined` where the object was refused. */
type Images = ReadonlyMap<string, Uint8Array>;

interface Verdict {
  readonly images: Images | undefined;
  /** What the loader said. */
  readonly said: string;
  /** It crashed, and so gave no verdict. */
  readonly signal?: string | null;
}

const FOLDER = '/sys/fs/bpf/differential';

function loadByBpftool(bpftool: string, path: string): Verdict {
  mkdirSync(FOLDER, { recursive: true });
  const pins = join(FOLDER, 'pins');
  try {
    const { status, signal, stderr } = spawnSync(bpftool, ['prog', 'loadall', path, pins], {
      encoding: 'utf8',
    });
    // It pins all programs, and fails where one was left out on purpose: the object itself has loaded.
    const hasLoaded = status === 0 || stderr.includes('failed to pin all programs');
    return { images: hasLoaded ? pinnedImages(pins) : undefined, said: stderr, signal };
  } finally {
    rmSync(FOLDER, { recursive: true, force: true });
  }
}

function pinnedImages(folder: string): Images {
  const images = new Map<string, Uint8Array>();
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const fd = objGet(join(folder, name));
    images.set(name, translatedInstructions(fd));
    closeFd(fd);
  }
  return images;
}

function loadByUs(path: string, name: string): Verdict {
  try {
    using object = openObject(readFileSync(path), { name }).load();
    const images = new Map<string, Uint8Array>();
    for (const program of object.programs.values())
      if (program.isLoaded) images.set(program.name, translatedInstructions(program.fd));
    return { images, said: '' };
  } catch (error) {
    const { code, stack } = error as Error & { code?: string };
    assert.ok(code !== undefined, stack);
    return { images: undefined, said: (error as Error).message };
  }
}

/** Where two images differ. Ids of maps may, as long as the same one stands for the same one; addresses may. */
function firstDifference(ours: Uint8Array, theirs: Uint8Array): string | undefined {
  if (ours.length !== theirs.length)
    return `${ours.length / 8} instructions, bpftool ${theirs.length / 8}`;
  const [a, b] = [ours, theirs].map((one) => new DataView(one.buffer, one.byteOffset, one.length));
  const maps = new Map<number, number>();
  for (let at = 0; at < ours.length; at += 8) {
    const opcode = ours[at];
    if (a!.getUint32(at, true) !== b!.getUint32(at, true)) return describe(at, ours, theirs);
    const [x, y] = [a!.getInt32(at + 4, true), b!.getInt32(at + 4, true)];
    const isWide = opcode === 0x18;
    const source = ours[at + 1]! >> 4;
    if (isWide && (source === 1 || source === 2)) {
      if ((maps.get(x) ?? y) !== y) return `another map at ${describe(at, ours, theirs)}`;
      maps.set(x, y);
    } else if (isWide && source === 0 && isKernelAddress(a!, at)) {
      // An address in the kernel.
      if (!isKernelAddress(b!, at)) return describe(at, ours, theirs);
      at += 8;
    } else if (isWide && source === 0 && isArenaAddress(a!, at) && isArenaAddress(b!, at)) {
      // A variable in an arena, which starts at a page of each process's own.
      if ((x & 0xfff) !== (y & 0xfff)) return describe(at, ours, theirs);
      at += 8;
    } else if (x !== y) {
      return describe(at, ours, theirs);
    }
  }
  return undefined;
}

/** Of a wide load: the upper half of the address space, with five levels of page tables too. */
function isKernelAddress(view: DataView, at: number): boolean {
  return view.getUint32(at + 12, true) >>> 24 === 0xff;
}

/** Of a wide load: the address space of a process, above the 4 GiB that constants of programs are likely to be in. */
function isArenaAddress(view: DataView, at: number): boolean {
  const upper = view.getUint32(at + 12, true);
  return upper > 0 && upper >>> 24 === 0;
}

function describe(at: number, ours: Uint8Array, theirs: Uint8Array): string {
  const hex = (bytes: Uint8Array) => Buffer.from(bytes.subarray(at, at + 8)).toString('hex');
  return `instruction ${at / 8}: ${hex(ours)}, bpftool ${hex(theirs)}`;
}

/** Name of an object for its internal maps, as bpftool has it. */
function objectName(file: string): string {
  return file.replace(/\.o$/, '').replace(/[^A-Za-z0-9_]/g, '_');
}

/** What libbpf 1.5, which is in bpftool 7.5, does not know yet: nothing to compare with. */
const NEWER_SECTION =
  /failed to guess program type from ELF section '\??(uprobe\.session|fsession)|in section '\.jumptables'/;

function compare(t: TestContext, bpftool: string, file: string): string[] {
  const path = join(corpusObjects, file);
  const ours = loadByUs(path, objectName(file));
  const theirs = loadByBpftool(bpftool, path);
  if (NEWER_SECTION.test(theirs.said)) return [];
  if (theirs.signal) {
    t.log(
      `${file}: bpftool ended by ${theirs.signal}; ${ours.images ? 'loaded' : 'refused'} by us`,
    );
    return [];
  }
  if (ours.images === undefined || theirs.images === undefined) {
    if (ours.images === theirs.images) return [];
    const said = ours.images === undefined ? ours.said : lastLines(theirs.said);
    return [
      `${file}: ${ours.images === undefined ? 'refused by us' : 'loaded by us'}, ${theirs.images === undefined ? 'refused by bpftool' : 'loaded by bpftool'}: ${said}`,
    ];
  }
  const differences: string[] = [];
  for (const [name, image] of theirs.images) {
    const own = ours.images.get(name);
    const difference = own === undefined ? 'not loaded by us' : firstDifference(own, image);
    if (difference !== undefined) differences.push(`${file}, program ${name}: ${difference}`);
  }
  return differences;
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-6).join('\n  ');
}

const objects = existsSync(corpusObjects)
  ? readdirSync(corpusObjects).filter((name) => name.endsWith('.o'))
  : [];
const groups = new Set(objects.map((name) => name.slice(0, name.search(/[-.]/))));
for (const group of [...groups].sort()) {
  const members = objects.filter((name) => name.slice(0, name.search(/[-.]/)) === group);
  test(
    `${members.length} objects "${group}" load or fail as with bpftool, with the same instructions`,
    (t) => {
      const bpftool = findProgram('bpftool');
      if (bpftool === undefined) return t.skip('bpftool is not installed', features.bpftool);
      assert.deepEqual(
        members.flatMap((file) => compare(t, bpftool, file)),
        [],
      );
    },
    { needs: [features.bpffs], timeoutMs: 120_000 },
  );
}

test('the corpus has at least 40 programs of its own', () => {
  const own = objects.filter((name) => !name.startsWith('repository-'));
  assert.ok(own.length >= 40, `${own.length} objects`);
});
