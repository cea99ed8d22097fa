/**
 * `vmlinux.h`: every type of a kernel as C, from its BTF.
 */

import { existsSync } from 'node:fs';
import { parseBtf } from '@libbpf-ts/btf';
import { dumpC } from '@libbpf-ts/btf-dump';
import { readElf } from '@libbpf-ts/elf';
import { SkelgenError } from '../failure.js';
import { readInput } from '../object-file.js';

const RUNNING = '/sys/kernel/btf/vmlinux';

/**
 * The header for a kernel.
 *
 * @param file - raw BTF, an ELF with `.BTF` (vmlinux), or a header, which is taken as it is; default: the running kernel
 * @throws SkelgenError `SKELGEN_NO_BTF`
 */
export function vmlinuxHeader(file?: string): string {
  if (file === undefined && !existsSync(RUNNING)) {
    throw new SkelgenError(
      'SKELGEN_NO_BTF',
      `vmlinux.h is missing, and the running kernel has no BTF to make it from (${RUNNING}); name a kernel's BTF, its vmlinux or a header with --vmlinux FILE`,
    );
  }
  const path = file ?? RUNNING;
  const bytes = readInput(path);
  if (path.endsWith('.h')) return Buffer.from(bytes).toString('utf8');
  return [...dumpC(parseBtf(btfOf(path, bytes)))].join('');
}

function btfOf(path: string, bytes: Uint8Array): Uint8Array {
  const isElf = bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
  if (!isElf) return bytes;
  const section = readElf(bytes).section('.BTF');
  if (section !== undefined) return section.data;
  throw new SkelgenError(
    'SKELGEN_NO_BTF',
    `${path}: it has no section ".BTF"; take a kernel built with CONFIG_DEBUG_INFO_BTF=y`,
  );
}
