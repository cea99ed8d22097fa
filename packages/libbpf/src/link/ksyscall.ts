/**
 * System calls by name: SEC("ksyscall/openat"). The kernel names their functions by architecture (`__x64_sys_openat`) where it
 * wraps them (4.17), else `sys_openat`, with `__se_sys_` and `__do_sys_` between.
 */

import type { Attachable } from './attachable.js';
import type { BpfLink } from './bpf-link.js';
import { hasKernelFunction } from './kernel-functions.js';
import { attachKprobe } from './kprobe.js';

export interface KsyscallOptions {
  /** Without any prefix: `openat`. */
  readonly syscall: string;
  /** Runs at the return. Default: as the section name says. */
  readonly retprobe?: boolean;
  /** What bpf_get_attach_cookie() gives the program. Kernel 5.15. */
  readonly cookie?: bigint;
}

/** Prefix of the wrapper's name, by Node's name of the architecture (arch_specific_syscall_pfx in libbpf.c). */
const WRAPPERS: Readonly<Record<string, string>> = {
  x64: 'x64',
  ia32: 'ia32',
  s390x: 's390x',
  arm: 'arm',
  arm64: 'arm64',
  mips: 'mips',
  riscv64: 'riscv',
  ppc64: 'powerpc',
};

/** Runs a program at a system call's entry or return, by whatever function the running kernel has for it. */
export function attachKsyscall(program: Attachable, options: KsyscallOptions): BpfLink {
  const { syscall, cookie } = options;
  const retprobe = options.retprobe ?? /^\??kretsyscall/.test(program.section);
  return attachKprobe(program, {
    function: syscallFunction(syscall),
    retprobe,
    ...(cookie !== undefined && { cookie }),
  });
}

function syscallFunction(syscall: string): string {
  prefix ??= findPrefix();
  return `${prefix}${syscall}`;
}

/** Of this kernel; found once, by a system call that is there for certain. */
let prefix: string | undefined;

function findPrefix(): string {
  const wrapper = WRAPPERS[process.arch];
  const prefixes = [...(wrapper === undefined ? [] : [`__${wrapper}_sys_`]), '__se_sys_'];
  return prefixes.find((one) => hasKernelFunction(`${one}bpf`)) ?? 'sys_';
}
