/**
 * Writes the BTF of Debian's kernels to .cache/btf/VERSION.btf, from their images: `node dist/kernel-btf.js 5.10,6.1`. For tests that
 * compare with what other tools make of real kernels' types.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readElf } from '@libbpf-ts/elf';
import { cache } from './paths.js';
import { unpackBootImage } from './vm/decompress.js';
import { fetchKernels } from './vm/kernels.js';

const versions = (process.argv[2] ?? '5.10,6.1,6.12,7.2').split(',');
const folder = join(cache, 'btf');
mkdirSync(folder, { recursive: true });
for (const kernel of await fetchKernels(versions, console.error)) {
  const vmlinux = readElf(await unpackBootImage(readFileSync(kernel.image)));
  const section = vmlinux.sections.find(({ name }) => name === '.BTF');
  if (section === undefined)
    throw new Error(`kernel ${kernel.release}: no .BTF section in its image`);
  const path = join(folder, `${kernel.label}.btf`);
  writeFileSync(path, section.data);
  console.log(`${path}: ${section.data.length} bytes, ${kernel.release}`);
}
