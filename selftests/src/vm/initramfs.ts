/**
 * The guest's whole file system, as one initramfs: Node is its init (guest.ts), so neither a shell nor a C library other than Node's
 * is needed in it.
 *
 * Three archives one after another, which the kernel unpacks in turn: Node with its libraries and the third-party packages, which
 * changes rarely and is kept; the bundled tests (bundle.ts) and the built packages; the kernel's configuration and modules, and what to run. Not compressed:
 * emulated, unpacking 100 MB of gzip costs more than a whole boot, and copying it nearly nothing.
 */

import { createHash } from 'node:crypto';
import {
  copyFileSync,
  createReadStream,
  createWriteStream,
  existsSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { findProgram, output } from '../command.js';
import { build, cache, packagedTool, packagedToolTest, selftests } from '../paths.js';
import { testFileName } from '../protocol.js';
import { type Bundle, GUEST_SELFTESTS } from './bundle.js';
import { CpioWriter } from './cpio.js';
import type { GuestOptions } from './guest.js';
import type { Kernel } from './kernels.js';

const folder = join(cache, 'vm');
/** Where everything of ours lies in the guest. */
const APP = '/app';

/** Writes the archive for one guest into `scratch`. @returns its path */
export async function makeInitramfs(
  scratch: string,
  kernel: Kernel,
  bundle: Bundle,
  options: GuestOptions,
): Promise<string> {
  const base = await makeBase();
  const tests = join(scratch, `tests-${kernel.label}.cpio`);
  makeTests(tests, kernel, bundle, options);
  const path = join(scratch, `initramfs-${kernel.label}.cpio`);
  copyFileSync(base, path);
  await pipeline(createReadStream(tests), createWriteStream(path, { flags: 'a' }));
  return path;
}

async function makeBase(): Promise<string> {
  const node = realpathSync(process.execPath);
  // For the tests that compare with it.
  const bpftool = findProgram('bpftool');
  const libraries = await sharedLibraries(node);
  if (bpftool !== undefined) libraries.push(...(await sharedLibraries(bpftool)));
  const packages = thirdPartyPackages();
  const stamp = createHash('sha256');
  for (const file of [node, ...(bpftool === undefined ? [] : [bpftool]), ...libraries])
    stamp.update(`${file} ${statSync(file).size} ${statSync(file).mtimeMs}\n`);
  for (const path of packages.values()) stamp.update(`${path}\n`);
  stamp.update(readFileSync(import.meta.filename));
  const path = join(folder, `base-${stamp.digest('hex').slice(0, 16)}.cpio`);
  if (existsSync(path)) return path;

  for (const old of readdirSync(folder)) {
    if (old.startsWith('base-')) rmSync(join(folder, old));
  }
  const temporary = join(folder, `.base-${process.pid}`);
  const archive = new CpioWriter(temporary);
  for (const name of ['/proc', '/sys', '/dev', '/tmp', '/run', '/root', '/var/tmp'])
    archive.folder(name);
  archive.device('/dev/console', 5, 1);
  archive.device('/dev/null', 1, 3);
  archive.file('/init', `#!/bin/node ${GUEST_SELFTESTS}/dist/guest.js\n`, 0o755);
  archive.file('/bin/node', readFileSync(node), 0o755);
  if (bpftool !== undefined) archive.file('/bin/bpftool', readFileSync(bpftool), 0o755);
  for (const library of new Set(libraries)) archive.file(library, readFileSync(library), 0o755);
  for (const name of ['passwd', 'group'])
    archive.file(
      `/etc/${name}`,
      'root:x:0:0:root:/root:/bin/false\nnobody:x:65534:65534::/:/bin/false\n',
    );
  for (const [name, from] of packages)
    copyTree(archive, from, `${APP}/node_modules/${name}`, isRuntimeFile);
  archive.close();
  renameSync(temporary, path);
  return path;
}

/** Paths under which the dynamic linker looks for Node's libraries, and its own. */
async function sharedLibraries(program: string): Promise<string[]> {
  const text = (await output('ldd', [program])).toString('utf8');
  return [...text.matchAll(/(?:=>\s+)?(\/\S+)\s+\(0x/g)].map(([, path]) => path as string);
}

/** koffi and whatever else the packages need at run time, by name, not ours. @throws Error if two versions of one are needed */
function thirdPartyPackages(): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, path] of allPackages()) {
    if (!isOurs(name)) found.set(name, path);
  }
  return found;
}

function isOurs(name: string): boolean {
  return name.startsWith('@libbpf-ts/');
}

/** All packages that the selftests depend on, directly or not. pnpm keeps each beside its own dependencies. */
function allPackages(): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (from: string) => {
    const manifest = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8')) as Record<
      string,
      Record<string, string>
    >;
    const required = Object.keys(manifest['dependencies'] ?? {});
    const optional = Object.keys(manifest['optionalDependencies'] ?? {});
    for (const name of [...required, ...optional]) {
      const path = locatePackage(name, from);
      if (path === undefined) {
        if (required.includes(name))
          throw new Error(`package ${name}: not installed; run pnpm install`);
        continue;
      }
      const known = found.get(name);
      if (known === path) continue;
      if (known !== undefined)
        throw new Error(
          `package ${name}: two versions are needed (${known}, ${path}); a guest can hold one`,
        );
      found.set(name, path);
      visit(path);
    }
  };
  visit(selftests);
  return found;
}

function locatePackage(name: string, from: string): string | undefined {
  for (const search of createRequire(join(from, 'package.json')).resolve.paths(name) ?? []) {
    const path = join(search, name);
    if (existsSync(join(path, 'package.json'))) return realpathSync(path);
  }
  return undefined;
}

function makeTests(path: string, kernel: Kernel, bundle: Bundle, options: GuestOptions): void {
  const archive = new CpioWriter(path);
  for (const [name, from] of allPackages()) {
    if (!isOurs(name)) continue;
    for (const part of ['package.json', 'dist', 'bin'])
      copyTree(archive, join(from, part), `${APP}/node_modules/${name}/${part}`, isRuntimeFile);
  }
  archive.copy(join(selftests, 'package.json'), `${GUEST_SELFTESTS}/package.json`);
  copyTree(archive, bundle.folder, GUEST_SELFTESTS, isRuntimeFile);
  const runsPackaged = options.files.some((file) => testFileName(file) === packagedToolTest);
  copyTree(
    archive,
    build,
    `${GUEST_SELFTESTS}/build`,
    (path) =>
      isRuntimeFile(path) &&
      !path.startsWith('js/') &&
      (runsPackaged || path !== basename(packagedTool)),
  );
  if (kernel.config !== undefined) archive.copy(kernel.config, `/boot/config-${kernel.release}`);
  for (const module of kernel.modules)
    archive.copy(module, `/lib/modules/${kernel.release}/${basename(module)}`);
  archive.file(
    '/guest.json',
    JSON.stringify({ ...options, modules: kernel.modules.map((module) => basename(module)) }),
  );
  archive.close();
}

/** Leaves out sources, types, headers and hidden files. */
function isRuntimeFile(path: string): boolean {
  return !/\.(ts|map|md|h|c|cc|tsbuildinfo)$|(^|\/)\./.test(path) || /LICENSE/.test(path);
}

function copyTree(
  archive: CpioWriter,
  from: string,
  to: string,
  includes: (path: string) => boolean,
): void {
  if (!existsSync(from)) return;
  if (statSync(from).isFile()) {
    archive.copy(from, to);
    return;
  }
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(from, path);
    if (!entry.isDirectory() && includes(name)) archive.copy(path, join(to, name));
  }
}
