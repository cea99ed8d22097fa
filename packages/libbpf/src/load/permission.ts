/**
 * EPERM, explained: what this process may do, and what else may stand in the way.
 */

import { readFileSync } from 'node:fs';
import { kernelVersionCode } from './kernel-version.js';

/** Bits of `enum cap` (linux/include/uapi/linux/capability.h). */
const CAPABILITIES = {
  CAP_NET_ADMIN: 12,
  CAP_SYS_ADMIN: 21,
  CAP_PERFMON: 38,
  CAP_BPF: 39,
} as const;
type Capability = keyof typeof CAPABILITIES;

/** What a call needs, by what it makes. */
const NEEDED: Record<
  'map' | 'BTF' | 'tracing program' | 'network program' | 'program' | 'attachment',
  readonly Capability[]
> = {
  map: ['CAP_BPF'],
  BTF: ['CAP_BPF'],
  'tracing program': ['CAP_BPF', 'CAP_PERFMON'],
  'network program': ['CAP_BPF', 'CAP_NET_ADMIN'],
  program: ['CAP_BPF'],
  attachment: ['CAP_BPF', 'CAP_PERFMON'],
};

/** Facts about this process and the system; read from /proc and /sys unless given, for tests. */
export interface Privileges {
  readonly uid: number;
  readonly capabilities: bigint;
  /** `none`, `integrity` or `confidentiality`. */
  readonly lockdown: string;
  /** Bytes of memory that may be locked; `unlimited` as Infinity. */
  readonly memlock: number;
  /** Whether that limit counts for BPF: before Linux 5.11. */
  readonly memlockCounts: boolean;
}

/**
 * The end of a message about EPERM: `; it needs CAP_BPF, which this process has not (uid 1000); run it as root`.
 *
 * @param making - what was refused
 */
export function permissionHint(
  making: keyof typeof NEEDED,
  privileges: Privileges = readPrivileges(),
): string {
  const { uid, capabilities, lockdown, memlock, memlockCounts } = privileges;
  const has = (name: Capability) => (capabilities & (1n << BigInt(CAPABILITIES[name]))) !== 0n;
  const missing = has('CAP_SYS_ADMIN') ? [] : NEEDED[making].filter((name) => !has(name));
  if (missing.length > 0) {
    const who = uid === 0 ? 'root without capabilities, as in a container' : `uid ${uid}`;
    const what = uid === 0 ? 'give the container these capabilities' : 'run it as root';
    return `; it needs ${missing.join(' and ')} (or CAP_SYS_ADMIN), which this process has not (${who}); ${what}`;
  }
  if (making === 'attachment' && !has('CAP_SYS_ADMIN'))
    return '; CAP_BPF and CAP_PERFMON are not enough for this: uprobes, iterators over processes and much else need CAP_SYS_ADMIN, networking needs CAP_NET_ADMIN; run it as root';
  if (lockdown === 'confidentiality' && making !== 'map')
    return '; the kernel is locked down (confidentiality), which keeps programs from reading kernel memory';
  if (memlockCounts && Number.isFinite(memlock))
    return `; this process has the capabilities, but may lock only ${memlock} bytes of memory, which BPF counts against before Linux 5.11; raise "ulimit -l"`;
  const other =
    making === 'map'
      ? 'a seccomp filter or a security module'
      : "a seccomp filter, a security module, or the kernel's lack of what the program attaches to";
  return `; this process has the capabilities, so ${other} is the likely reason`;
}

function readPrivileges(): Privileges {
  const status = readText('/proc/self/status');
  const lockdown = /\[(\w+)\]/.exec(readText('/sys/kernel/security/lockdown'))?.[1] ?? 'none';
  const limit = /^Max locked memory\s+(\S+)/m.exec(readText('/proc/self/limits'))?.[1];
  return {
    uid: process.geteuid?.() ?? -1,
    capabilities: BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(status)?.[1] ?? '0'}`),
    lockdown,
    memlock:
      limit === undefined || limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit),
    // Trying does not tell where everything is refused.
    memlockCounts: kernelVersionCode() < (5 << 16) + (11 << 8),
  };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
