/**
 * Builds what the tests need, only what changed:
 *
 *   progs/NAME.bpf.c  --clang-->    build/NAME.bpf.o  --skelgen-->  build/NAME.skel.ts
 *   … with a line `// skelgen: subskeleton`                           build/NAME.subskel.ts
 *   progs/NAME.bpf.c with a line `// link: OTHER.bpf.c …`  --clang-->  build/NAME.part.o  --bpftool gen object-->  build/NAME.bpf.o
 *   corpus/NAME.bpf.c  --clang-->  build/corpus/NAME.bpf.o  (with the repository's other objects: no skeletons, for comparisons)
 *   progs/NAME.exe.c  --cc-->       build/NAME        (programs that tests start or probe)
 *   progs/NAME.so.c   --cc-->       build/NAME.so
 *   samples/NAME      --esbuild-->  build/NAME.tool.cjs; of runqslower  --tools/package.mjs-->  build/runqslower.packaged
 *   tests/*.test.ts + build/*.skel.ts  --tsc-->  build/js/
 *
 * Each output has a stamp, a hash of everything that went into it. What does not build is a failed result of the file it came from;
 * the rest is built and run all the same.
 */

import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { findProgram, inParallel, run } from './command.js';
import { withLock } from './lock.js';
import {
  build,
  compiledTests,
  corpus,
  corpusObjects,
  packagedTool,
  programs,
  repository,
  selftests,
  tests,
  toolBundle,
  tools,
} from './paths.js';
import { testFileName } from './protocol.js';
import { type Clang, findClang } from './toolchain.js';
import { vmlinuxHeader } from './vmlinux-header.js';

/** Something that does not build. */
export interface BuildFailure {
  /** `progs/ringbuf.bpf.c` or the name of a test file. */
  readonly file: string;
  readonly message: string;
}

export interface BuildResult {
  /** Compiled test files that can be run. */
  readonly testFiles: readonly string[];
  readonly failures: readonly BuildFailure[];
}

const JOBS = 2;

/** Brings build/ up to date. @throws Error if a tool is missing: the message says what to install */
export function buildAll(): Promise<BuildResult> {
  mkdirSync(join(build, '.stamps'), { recursive: true });
  return withLock(join(build, '.lock'), async () => {
    const failures: BuildFailure[] = [];
    wanted.clear();
    wanted.add('vmlinux.h');
    await compileObjects(programs, build, failures);
    await linkObjects(failures);
    await buildCorpus(failures);
    await buildHelpers(failures);
    await buildSkeletons(failures);
    await buildTools(failures);
    removeStale();
    const testFiles = await compileTests(failures);
    return { testFiles, failures };
  });
}

/** Puts each object together with those that its source names, as libraries of BPF programs are. */
async function linkObjects(failures: BuildFailure[]): Promise<void> {
  const linked = listFiles(programs, '.bpf.c').filter((source) => linkedSources(source).length > 0);
  if (linked.length === 0) return;
  const bpftool = findProgram('bpftool');
  if (bpftool === undefined)
    throw new Error('no static linker for BPF objects: install bpftool (Debian: bpftool)');
  for (const source of linked) {
    // What is declared in one file comes after its definition in another, or bpftool 7.5 loses where it is.
    const parts = [...linkedSources(source), source].map((one) => join(build, compiledName(one)));
    const missing = parts.filter((part) => !existsSync(part));
    if (missing.length > 0) continue; // its own failure says why
    const target = join(build, objectName(source));
    await update(target, hashOf(...parts.map(readBytes)), failures, source, (temporary) =>
      run(bpftool, ['gen', 'object', temporary, ...parts]),
    );
  }
}

/** The sources that a source asks to be linked with by a line `// link: lib.bpf.c`. */
function linkedSources(source: string): string[] {
  return wordsAfter(source, 'link').map((name) => join(programs, name));
}

/** What a source is compiled to: its object, or its part of a linked one. */
function compiledName(source: string): string {
  return linkedSources(source).length > 0
    ? basename(source).replace(/\.bpf\.c$/, '.part.o')
    : objectName(source);
}

/** The corpus, and copies of the objects that the repository holds compiled. */
async function buildCorpus(failures: BuildFailure[]): Promise<void> {
  mkdirSync(corpusObjects, { recursive: true });
  await compileObjects(corpus, corpusObjects, failures);
  const wanted = new Set(listFiles(corpus, '.bpf.c').map((path) => objectName(path)));
  for (const object of repositoryObjects()) {
    const name = `repository-${relative(repository, object).replaceAll('/', '-')}`;
    wanted.add(name);
    copyFileSync(object, join(corpusObjects, name));
  }
  for (const path of listFiles(corpusObjects, '.o')) if (!wanted.has(basename(path))) rmSync(path);
}

function objectName(source: string): string {
  return basename(source).replace(/\.c$/, '.o');
}

/** Compiled objects under samples/ and the packages' fixtures, and those that the tests' programs became. */
function repositoryObjects(): string[] {
  const folders = readdirSync(join(repository, 'samples')).map((name) => `samples/${name}`);
  for (const name of readdirSync(join(repository, 'packages')))
    folders.push(`packages/${name}/test/fixtures`);
  const elsewhere = folders.flatMap((folder) => listFiles(join(repository, folder), '.o'));
  return [...elsewhere, ...listFiles(build, '.bpf.o')].filter(isBpfObject);
}

/** ELF, for machine 247 (BPF) in either byte order. */
function isBpfObject(path: string): boolean {
  const header = readFileSync(path).subarray(0, 20);
  return (
    header.length === 20 &&
    header.readUInt32BE(0) === 0x7f454c46 &&
    (header[5] === 2 ? header.readUInt16BE(18) : header.readUInt16LE(18)) === 247
  );
}

async function compileObjects(from: string, to: string, failures: BuildFailure[]): Promise<void> {
  const sources = listFiles(from, '.bpf.c');
  if (sources.length === 0) return;
  const clang = await findClang();
  const header = await vmlinuxHeader();
  const shared = hashOf(
    clang.version,
    clangFlags(clang),
    ...[...listFiles(programs, '.h'), ...listFiles(corpus, '.h')].map(readBytes),
    readFileSync(header),
  );
  await inParallel(JOBS, sources, async (source) => {
    const target = join(to, compiledName(source));
    await update(target, hashOf(shared, readBytes(source)), failures, source, (temporary) =>
      run(clang.path, [...clangFlags(clang), '-c', source, '-o', temporary]),
    );
  });
}

function clangFlags(clang: Clang): string[] {
  return [
    ...[
      '-target',
      'bpf',
      '-O2',
      '-g',
      '-mcpu=v3',
      '-fms-extensions', // as `skelgen build`: kernels from 7.0 on
      '-Wno-microsoft-anon-tag',
      '-Wall',
      '-Wno-missing-declarations',
      '-Wno-unused-function',
    ],
    `-D__TARGET_ARCH_${process.arch === 'arm64' ? 'arm64' : 'x86'}`,
    ...['-I', programs, '-I', build],
    ...clang.includes.flatMap((folder) => ['-idirafter', folder]),
  ];
}

async function buildHelpers(failures: BuildFailure[]): Promise<void> {
  const sources = [...listFiles(programs, '.exe.c'), ...listFiles(programs, '.so.c')];
  if (sources.length === 0) return;
  const cc = findProgram(process.env['CC'] ?? 'cc', 'gcc', 'clang');
  if (cc === undefined)
    throw new Error(
      'no C compiler for the test programs: install gcc (Debian: apt-get install gcc libc6-dev)',
    );
  await inParallel(JOBS, sources, async (source) => {
    const isLibrary = source.endsWith('.so.c');
    const target = join(build, basename(source).replace(/(\.exe)?\.c$/, ''));
    const flags = [
      '-O1',
      '-g',
      '-Wall',
      '-I',
      programs,
      ...(isLibrary ? ['-shared', '-fPIC'] : []),
      '-Wl,--build-id=sha1',
      ...wordsAfter(source, 'flags'),
    ];
    await update(target, hashOf(cc, flags, readBytes(source)), failures, source, (temporary) =>
      run(cc, [...flags, source, '-o', temporary]),
    );
  });
}

/** The words of a source's line `// KEY: WORD …`, such as `// flags: -static`. */
function wordsAfter(source: string, key: string): string[] {
  const line = new RegExp(`^// ${key}: (.*)$`, 'm').exec(readBytes(source).toString('utf8'));
  return line === null ? [] : line[1]!.trim().split(/\s+/);
}

async function buildSkeletons(failures: BuildFailure[]): Promise<void> {
  const sources = listFiles(programs, '.bpf.c').filter((source) =>
    existsSync(join(build, objectName(source))),
  );
  if (sources.length === 0) return;
  const skelgen = join(repository, 'packages/skelgen/bin/skelgen.js');
  const generator = hashOf(...distStamps());
  await inParallel(JOBS, sources, async (source) => {
    const [kind] = [...wordsAfter(source, 'skelgen'), 'skeleton'];
    const object = join(build, objectName(source));
    const target = object.replace(/\.bpf\.o$/, kind === 'skeleton' ? '.skel.ts' : '.subskel.ts');
    await update(target, hashOf(generator, readBytes(object)), failures, object, (temporary) =>
      run(process.execPath, [skelgen, kind!, object, '-o', temporary]),
    );
  });
}

/** The tools as tests run them. Guests have neither the samples' dependencies nor the time to load a hundred modules. */
async function buildTools(failures: BuildFailure[]): Promise<void> {
  const bundler = join(repository, 'tools/package.mjs');
  const shared = hashOf(...distStamps(), process.version, process.execPath, readBytes(bundler));
  for (const name of tools) {
    const entry = join(repository, 'samples', name, 'dist/main.js');
    const source = `samples/${name}`;
    if (!existsSync(entry)) {
      failures.push({ file: source, message: `${entry}: not built; run pnpm build` });
      continue;
    }
    const code = listFiles(dirname(entry), '.js').map(readBytes);
    const make = (kind: readonly string[]) => (temporary: string) =>
      run(process.execPath, [bundler, entry, ...kind, '-o', temporary]);
    const bundle = make(['--bundle']);
    await update(toolBundle(name), hashOf(shared, ...code), failures, source, bundle);
    if (packagedTool.endsWith(`/${name}.packaged`))
      await update(packagedTool, hashOf(shared, ...code), failures, source, make([]));
  }
}

/** Size and time of everything that skelgen consists of: cheaper than reading it. */
function distStamps(): string[] {
  const packages = join(repository, 'packages');
  return readdirSync(packages).flatMap((name) => {
    const dist = join(packages, name, 'dist');
    if (!existsSync(dist)) return [];
    return readdirSync(dist, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.js'))
      .sort()
      .map((file) => {
        const { size, mtimeMs } = statSync(join(dist, file));
        return `${name}/${file} ${size} ${mtimeMs}`;
      });
  });
}

/** Type errors are failures of the file that they are in; TypeScript emits JavaScript all the same. */
async function compileTests(failures: BuildFailure[]): Promise<string[]> {
  const sources = listFiles(tests, '.test.ts');
  if (sources.length === 0) return [];
  const tsc = join(selftests, 'node_modules/typescript/bin/tsc');
  const { status, stdout, stderr } = await run(
    process.execPath,
    [tsc, '-p', tests, '--pretty', 'false'],
    { cwd: selftests },
  );
  const errors = groupDiagnostics(stdout.toString('utf8'));
  for (const [file, message] of errors) failures.push({ file, message });
  if (status !== 0 && errors.size === 0)
    throw new Error(`tsc: exit status ${status}\n${stdout.toString('utf8')}${stderr}`);
  return sources
    .map((source) => join(compiledTests, basename(source).replace(/\.ts$/, '.js')))
    .filter((path) => !errors.has(testFileName(path)));
}

/** `tests/a.test.ts(3,4): error TS1: …` → `a` with its lines. */
function groupDiagnostics(text: string): Map<string, string> {
  const found = new Map<string, string>();
  let current = '';
  for (const line of text.split('\n')) {
    const file =
      /^(\S.*?)\(\d+,\d+\): error /.exec(line)?.[1] ?? (/^error /.test(line) ? 'tsc' : undefined);
    if (file !== undefined) current = testFileName(file);
    if (line !== '') found.set(current, `${found.get(current) ?? ''}${line}\n`);
  }
  return found;
}

/** Names of what this build made or found up to date. */
const wanted = new Set<string>();

/** What was built of a program that is gone must not be compiled or run any more. */
function removeStale(): void {
  for (const name of readdirSync(join(build, '.stamps'))) {
    if (wanted.has(name)) continue;
    rmSync(join(build, name), { force: true });
    rmSync(join(build, '.stamps', name));
  }
}

/** Makes `target` anew if its stamp is not `stamp`. The tool writes to a temporary name, so that a failure leaves no half file. */
async function update(
  target: string,
  stamp: string,
  failures: BuildFailure[],
  source: string,
  make: (temporary: string) => ReturnType<typeof run>,
): Promise<void> {
  const stampFile = join(build, '.stamps', basename(target));
  wanted.add(basename(target));
  if (existsSync(target) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp)
    return;
  const temporary = target.replace(/([^/]*)$/, '.new-$1');
  const { status, stdout, stderr } = await make(temporary);
  if (status === 0 && existsSync(temporary)) {
    renameSync(temporary, target);
    writeFileSync(stampFile, stamp);
    return;
  }
  rmSync(temporary, { force: true });
  rmSync(target, { force: true });
  const message = `exit status ${status}\n${stdout.toString('utf8')}${stderr}`.trimEnd();
  failures.push({ file: relative(selftests, source), message });
}

function listFiles(folder: string, ending: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending) && !name.startsWith('.'))
    .sort()
    .map((name) => join(folder, name));
}

function readBytes(path: string): Buffer {
  return readFileSync(path);
}

function hashOf(...parts: (string | readonly string[] | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = part instanceof Uint8Array ? part : Buffer.from(JSON.stringify(part));
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest('hex');
}
