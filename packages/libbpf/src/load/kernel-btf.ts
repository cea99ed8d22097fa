/**
 * BTF of the running kernel: read when first needed, kept while somebody holds it.
 *
 * The kernel offers its own under /sys/kernel/btf; older or trimmed ones may have it beside their image. The order of places is
 * libbpf's (btf__load_vmlinux_btf).
 */

import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  statfsSync,
} from 'node:fs';
import { release } from 'node:os';
import { type Btf, parseBtf } from '@libbpf-ts/btf';
import { readElf } from '@libbpf-ts/elf';
import { BpfError, SyscallError } from '../errors.js';
import { Mapping } from '../sys/memory.js';

const SYSFS = '/sys/kernel/btf';
/** linux/magic.h */
const SYSFS_MAGIC = 0x62656572;

/** A BTF that types of the kernel are looked up in. */
export interface KernelBtf {
  /** `vmlinux`, or the module's name. */
  readonly name: string;
  readonly btf: Btf;
}

// Parsing costs milliseconds and the result tens of megabytes once used: share it, but do not keep it for ever.
let vmlinux: WeakRef<KernelBtf> | undefined;
const modules = new Map<string, WeakRef<KernelBtf>>();

/** Where the kernel's BTF may be, best first. */
export function vmlinuxPaths(): string[] {
  const version = release();
  return [
    `${SYSFS}/vmlinux`,
    `/boot/vmlinux-${version}`,
    `/lib/modules/${version}/vmlinux-${version}`,
    `/lib/modules/${version}/build/vmlinux`,
    `/usr/lib/modules/${version}/kernel/vmlinux`,
    `/usr/lib/debug/boot/vmlinux-${version}`,
    `/usr/lib/debug/boot/vmlinux-${version}.debug`,
    `/usr/lib/debug/lib/modules/${version}/vmlinux`,
  ];
}

/** The running kernel's BTF. @throws BpfError `BPF_NO_KERNEL_BTF` */
export function vmlinuxBtf(): KernelBtf {
  const known = vmlinux?.deref();
  if (known !== undefined) return known;
  for (const path of vmlinuxPaths()) {
    if (!existsSync(path)) continue;
    const btf = path.startsWith(SYSFS) ? parseKernelFile(path) : readBtfFile(path);
    const loaded = { name: 'vmlinux', btf };
    vmlinux = new WeakRef(loaded);
    return loaded;
  }
  throw new BpfError(
    'BPF_NO_KERNEL_BTF',
    `the running kernel ${release()} offers no BTF (${SYSFS}/vmlinux is missing); it needs CONFIG_DEBUG_INFO_BTF=y, or give btfCustomPath a BTF file made for this kernel`,
  );
}

/**
 * The kernel's own file. A read from it gives 4096 bytes at most, so whole it takes more than a thousand; since Linux 6.16 it can be
 * mapped, which is free.
 */
function parseKernelFile(path: string): Btf {
  const bytes = mapKernelFile(path);
  return bytes === undefined ? readBtfFile(path) : parseBtf(bytes, { lazy: true });
}

function mapKernelFile(path: string): Uint8Array | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return undefined; // reading it will say why
  }
  try {
    // A file that somebody put in its place may shrink, and then reading mapped memory ends the process.
    if (statfsSync(path).type !== SYSFS_MAGIC) return undefined;
    const { size } = fstatSync(fd);
    return new Uint8Array(Mapping.ofFile(fd, size).buffer, 0, size);
  } catch (error) {
    if (error instanceof SyscallError) return undefined;
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** BTF of a loaded module, or `undefined` if there is none. Kernel 5.11. */
export function moduleBtf(name: string): KernelBtf | undefined {
  const known = modules.get(name)?.deref();
  if (known !== undefined) return known;
  const path = `${SYSFS}/${name}`;
  if (!existsSync(path)) return undefined;
  const loaded = { name, btf: parseBtf(readFileSync(path), { base: vmlinuxBtf().btf }) };
  modules.set(name, new WeakRef(loaded));
  return loaded;
}

/** Names of the loaded modules that have BTF. */
export function moduleNames(): string[] {
  return existsSync(SYSFS) ? readdirSync(SYSFS).filter((name) => name !== 'vmlinux') : [];
}

/**
 * BTF from a file: raw, or the `.BTF` section of an ELF.
 *
 * @throws BpfError `BPF_BAD_BTF_FILE`
 */
export function readBtfFile(path: string, base?: Btf): Btf {
  try {
    const bytes = readFileSync(path);
    const options = base === undefined ? {} : { base };
    if (bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46) {
      const section = readElf(bytes).section('.BTF');
      if (section === undefined) throw new Error('the ELF has no section .BTF');
      return parseBtf(section.data, options);
    }
    return parseBtf(bytes, options);
  } catch (cause) {
    throw new BpfError('BPF_BAD_BTF_FILE', `BTF file "${path}": ${(cause as Error).message}`, {
      cause,
    });
  }
}
