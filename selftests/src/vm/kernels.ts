/**
 * Kernels to run the tests on: by version from Debian's packages, or a file that the user has. Kept in .cache/kernels, one folder a
 * release: vmlinuz, config, and the modules that tests use, as plain .ko.
 *
 * Where Debian has a version: 5.10 in bullseye, 6.1 in bookworm, 6.12 in trixie, later ones in testing and unstable. There the image
 * is split over linux-binary, linux-base and linux-modules packages, and the files moved from /boot to /usr/lib/modules.
 */

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { output } from '../command.js';
import { withLock } from '../lock.js';
import { cache } from '../paths.js';
import { PrivateApt } from './apt.js';
import { decompress } from './decompress.js';

export interface Kernel {
  /** What it is called in the output: the version asked for, `6.1`, or a file's release. */
  readonly label: string;
  /** `6.1.0-56-cloud-amd64`. */
  readonly release: string;
  readonly image: string;
  /** Its configuration, where known. */
  readonly config: string | undefined;
  /** Module files in the order in which they can be loaded. */
  readonly modules: readonly string[];
}

/** Modules that tests use, with what they depend on found by itself. */
export const wantedModules: readonly string[] = [
  ...['dummy', 'veth', 'ifb', 'sch_ingress', 'cls_bpf', 'act_bpf'],
  ...['vsock_loopback', 'nf_conntrack'], // a tracepoint and functions to attach to; kernel functions to call
];

/** Depends on the newest image of its suite. */
const META_PACKAGE = 'linux-image-cloud-amd64';

function isOf(version: string, { version: packaged }: { version: string }): boolean {
  return packaged.startsWith(`${version}.`);
}

const kernelCache = join(cache, 'kernels');

/** The Debian suites that have a version as these lines are written; lists of others are downloaded only if it is not there. */
const likelySuites: Record<string, readonly string[]> = {
  '5.10': ['bullseye-security', 'bullseye'],
  '6.1': ['bookworm-security', 'bookworm'],
  '6.12': ['trixie'],
};
const newestSuites = ['sid'];
const otherSuites = ['forky', 'trixie-backports', 'bookworm-backports', 'experimental'];

/**
 * Gets kernels by version, those in the cache without the network.
 *
 * @param versions - `5.10`
 * @throws Error naming the versions that there are, if one is not among them
 */
export async function fetchKernels(
  versions: readonly string[],
  note: (text: string) => void,
): Promise<Kernel[]> {
  await withLock(join(cache, '.kernels.lock'), async () => {
    const missing = versions.filter((version) => readCached(version) === undefined);
    if (missing.length === 0) return;
    note(`fetching Debian's kernel packages: ${missing.join(', ')}`);
    const likely = missing.flatMap((version) => likelySuites[version] ?? newestSuites);
    let apt = await PrivateApt.open(likely);
    const known = await apt.versions(META_PACKAGE);
    if (!missing.every((version) => known.some((candidate) => isOf(version, candidate)))) {
      apt = await PrivateApt.open([...likely, ...newestSuites, ...otherSuites]);
    }
    for (const version of missing) await fetchKernel(apt, version);
  });
  return versions.map((version) => readCached(version) as Kernel);
}

function readCached(version: string): Kernel | undefined {
  const link = join(kernelCache, `${version}.json`);
  if (!existsSync(link)) return undefined;
  const { release, wanted = [] } = JSON.parse(readFileSync(link, 'utf8')) as {
    release: string;
    wanted?: string[];
  };
  if (!wantedModules.every((name) => wanted.includes(name))) return undefined;
  const folder = join(kernelCache, release);
  const image = join(folder, 'vmlinuz');
  if (!existsSync(image)) return undefined;
  const modules = JSON.parse(readFileSync(join(folder, 'modules.json'), 'utf8')) as string[];
  return {
    label: version,
    release,
    image,
    config: join(folder, 'config'),
    modules: modules.map((name) => join(folder, 'modules', name)),
  };
}

async function fetchKernel(apt: PrivateApt, version: string): Promise<void> {
  const available = await apt.versions(META_PACKAGE);
  const chosen = available.find((candidate) => isOf(version, candidate));
  if (chosen === undefined) {
    const all = available.map((candidate) => candidate.version).join(', ') || 'none';
    throw new Error(
      `kernel ${version}: the mirror has no ${META_PACKAGE} of this version; it has ${all}`,
    );
  }
  const image = chosen.depends.find((name) => /^linux-image-\d/.test(name));
  if (image === undefined)
    throw new Error(`${META_PACKAGE} ${chosen.version}: depends on no kernel image`);
  const release = image.replace(/^linux-image-/, '');
  mkdirSync(kernelCache, { recursive: true });
  const scratch = mkdtempSync(join(kernelCache, '.new-'));
  try {
    for (const name of await packagesOf(apt, image, release)) {
      const file = await apt.download(name);
      await output('dpkg-deb', ['-x', file, join(scratch, 'root')]);
      rmSync(file);
    }
    const made = join(scratch, 'kernel');
    collect(join(scratch, 'root'), release, made);
    await collectModules(join(scratch, 'root'), release, made);
    rmSync(join(kernelCache, release), { recursive: true, force: true });
    renameSync(made, join(kernelCache, release));
    writeFileSync(
      join(kernelCache, `${version}.json`),
      JSON.stringify({ release, package: chosen.version, wanted: wantedModules }),
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The image package and those of its dependencies that hold parts of the same kernel. */
async function packagesOf(apt: PrivateApt, image: string, release: string): Promise<string[]> {
  const found = new Set([image]);
  for (const name of found) {
    const depends = (await apt.versions(name))[0]?.depends ?? [];
    for (const other of depends) {
      if (/^linux-(image|binary|base|modules)-/.test(other) && other.endsWith(release))
        found.add(other);
    }
  }
  return [...found];
}

function collect(root: string, release: string, into: string): void {
  mkdirSync(join(into, 'modules'), { recursive: true });
  const places = {
    vmlinuz: [
      `boot/vmlinuz-${release}`,
      `usr/lib/modules/${release}/vmlinuz`,
      `lib/modules/${release}/vmlinuz`,
    ],
    config: [
      `boot/config-${release}`,
      `usr/lib/modules/${release}/config`,
      `lib/modules/${release}/config`,
    ],
  };
  for (const [name, candidates] of Object.entries(places)) {
    const found = candidates.map((path) => join(root, path)).find((path) => existsSync(path));
    if (found === undefined)
      throw new Error(`kernel ${release}: its packages hold none of ${candidates.join(', ')}`);
    copyFileSync(found, join(into, name));
  }
}

async function collectModules(root: string, release: string, into: string): Promise<void> {
  const tree = [`usr/lib/modules/${release}`, `lib/modules/${release}`]
    .map((path) => join(root, path))
    .find((path) => existsSync(join(path, 'kernel')));
  const order: string[] = [];
  if (tree !== undefined) {
    const files = new Map(
      readdirSync(tree, { recursive: true, encoding: 'utf8' })
        .filter((path) => /\.ko(\.\w+)?$/.test(path))
        .map((path) => [moduleName(path), join(tree, path)]),
    );
    const add = async (name: string): Promise<void> => {
      const file = files.get(name);
      if (file === undefined || order.includes(`${name}.ko`)) return; // built in, or there already
      const bytes = await decompress(readFileSync(file));
      for (const needed of moduleDependencies(bytes)) await add(needed);
      writeFileSync(join(into, 'modules', `${name}.ko`), bytes);
      order.push(`${name}.ko`);
    };
    for (const name of wantedModules) await add(name);
  }
  writeFileSync(join(into, 'modules.json'), JSON.stringify(order));
}

function moduleName(path: string): string {
  return basename(path)
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_');
}

/** `depends=` of a module's .modinfo section: NAME=VALUE strings, each ended by NUL. */
function moduleDependencies(module: Buffer): string[] {
  const start = module.indexOf('\0depends=');
  if (start === -1) return [];
  const value = module.toString('latin1', start + 9, module.indexOf(0, start + 9));
  return value
    .split(',')
    .filter(Boolean)
    .map((name) => name.replaceAll('-', '_'));
}

/** A kernel that the user names as a file; configuration and modules where its packages put them, if they are installed. */
export async function kernelFromFile(path: string): Promise<Kernel> {
  const image = resolve(path);
  if (!existsSync(image)) throw new Error(`--kernel ${path}: no such file`);
  const release = bzImageRelease(readFileSync(image), path);
  const folder = join(kernelCache, `file-${release}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'modules'), { recursive: true });
  await collectModules('/', release, folder);
  const config = [
    join(image, '..', `config-${release}`),
    `/boot/config-${release}`,
    `/usr/lib/modules/${release}/config`,
  ].find((file) => existsSync(file));
  const modules = JSON.parse(readFileSync(join(folder, 'modules.json'), 'utf8')) as string[];
  return {
    label: release,
    release,
    image,
    config,
    modules: modules.map((name) => join(folder, 'modules', name)),
  };
}

/** The release in an x86 boot image: Documentation/arch/x86/boot.rst, `kernel_version` at 0x20e, counted from 0x200. */
function bzImageRelease(bytes: Buffer, path: string): string {
  const magic = bytes.length > 0x264 ? bytes.toString('latin1', 0x202, 0x206) : '';
  if (magic !== 'HdrS')
    throw new Error(`--kernel ${path}: not an x86 boot image (bzImage): no "HdrS" at 0x202`);
  const start = bytes.readUInt16LE(0x20e) + 0x200;
  return bytes.toString('latin1', start, bytes.indexOf(0, start)).split(' ')[0] ?? '';
}
