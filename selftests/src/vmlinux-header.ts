/** build/vmlinux.h: the running kernel's types as C, which the BPF programs include. */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, run } from './command.js';
import { build, repository } from './paths.js';

const KERNEL_BTF = '/sys/kernel/btf/vmlinux';

/** Makes the header if the kernel is another than last time. @returns its path */
export async function vmlinuxHeader(): Promise<string> {
  const header = join(build, 'vmlinux.h');
  const stampFile = join(build, '.stamps', 'vmlinux.h');
  const source = process.env['VMLINUX_BTF'] ?? KERNEL_BTF;
  if (!existsSync(source)) {
    throw new Error(
      `${source}: not found; the BPF programs need the kernel's types (a kernel with CONFIG_DEBUG_INFO_BTF, or VMLINUX_BTF=FILE)`,
    );
  }
  const stamp = createHash('sha256').update(readFileSync(source)).digest('hex');
  if (existsSync(header) && existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp)
    return header;
  writeFileSync(`${header}.new`, await dump(source));
  renameSync(`${header}.new`, header);
  writeFileSync(stampFile, stamp);
  return header;
}

async function dump(source: string): Promise<Buffer> {
  const skelgen = join(repository, 'packages/skelgen/bin/skelgen.js');
  const own = await run(process.execPath, [skelgen, 'btf', source, '--format', 'c']);
  if (own.status === 0) return own.stdout;
  const bpftool = findProgram('bpftool');
  if (bpftool !== undefined) {
    const other = await run(bpftool, ['btf', 'dump', 'file', source, 'format', 'c']);
    if (other.status === 0) return other.stdout;
  }
  throw new Error(`vmlinux.h: skelgen btf ${source}: exit status ${own.status}\n${own.stderr}`);
}
