/**
 * Kernels that are new enough for a feature and lack it all the same, by configuration or because the machine is emulated.
 *
 * This table is the only way in which a skip on a new kernel counts as a skip; any other is a failure. Every entry looks at the
 * running system for the cause itself, never at whether the test worked, so that a fault of ours cannot pass as a gap.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { gunzipSync } from 'node:zlib';
import { findProgram } from './command.js';
import { type Feature, features } from './features.js';
import { refusesTrampolines } from './trampolines.js';

export interface Gap {
  /** The feature that is absent. */
  readonly feature: Feature;
  /** Why, as shown beside the skipped test. */
  readonly reason: string;
  /** Whether this system has the gap. */
  readonly present: () => boolean;
}

const noKprobes = {
  reason: 'kernel built without CONFIG_KPROBES',
  present: () => !hasPmu('kprobe') && !hasSymbol('register_kprobe'),
};

const noTrampolines = {
  reason:
    'this kernel refuses BPF trampolines (EPERM with all capabilities), as some virtual machines do',
  present: refusesTrampolines,
};

export const gaps: readonly Gap[] = [
  { feature: features.fentry, ...noTrampolines },
  {
    feature: features.netkit,
    reason: 'kernel built without CONFIG_NETKIT',
    present: () => !hasSymbol('netkit_xmit'),
  },
  { feature: features.modifyReturn, ...noTrampolines },
  { feature: features.sleepable, ...noTrampolines },
  { feature: features.lsm, ...noTrampolines },
  { feature: features.kprobe, ...noKprobes },
  { feature: features.kprobeMulti, ...noKprobes },
  { feature: features.kprobeSession, ...noKprobes },
  {
    feature: features.kprobeMulti,
    reason: 'kernel built without CONFIG_FPROBE',
    present: () => !hasSymbol('register_fprobe'),
  },
  {
    feature: features.kprobeSession,
    reason: 'kernel built without CONFIG_FPROBE',
    present: () => !hasSymbol('register_fprobe'),
  },
  {
    feature: features.uprobe,
    reason: 'kernel built without CONFIG_UPROBE_EVENTS',
    present: () => !hasPmu('uprobe') && !hasSymbol('uprobe_register'),
  },
  {
    feature: features.uprobeMulti,
    reason: 'kernel built without CONFIG_UPROBE_EVENTS',
    present: () => !hasPmu('uprobe') && !hasSymbol('uprobe_register'),
  },
  {
    feature: features.uprobeSession,
    reason: 'kernel built without CONFIG_UPROBE_EVENTS',
    present: () => !hasPmu('uprobe') && !hasSymbol('uprobe_register'),
  },
  {
    feature: features.tracefs,
    reason: 'kernel built without CONFIG_TRACING',
    present: () => !fileSystems().includes('tracefs'),
  },
  {
    feature: features.bpffs,
    reason: 'no bpffs is mounted at /sys/fs/bpf',
    present: () => !/ \/sys\/fs\/bpf bpf /.test(readOr('/proc/mounts')),
  },
  {
    feature: features.cpuHotplug,
    reason: 'taking a CPU offline would disturb others on this machine; done in guests only',
    present: () =>
      !readOr('/proc/cpuinfo').includes('QEMU') ||
      !existsSync('/sys/devices/system/cpu/cpu1/online'),
  },
  {
    feature: features.hardwarePmu,
    reason: 'no hardware performance counters on this (virtual) machine',
    present: () =>
      !readdirOr('/sys/bus/event_source/devices').some((name) =>
        /^cpu(_core|_atom)?$|^armv8/.test(name),
      ),
  },
  {
    feature: features.modifyReturn,
    reason: 'kernel built without CONFIG_FUNCTION_ERROR_INJECTION, nothing to test on before 6.2',
    present: () =>
      !hasSymbol('within_error_injection_list') && !hasSymbol('register_btf_fmodret_id_set'),
  },
  {
    feature: features.lsm,
    reason: 'bpf is not in the list of active LSMs',
    present: hasNoBpfLsm,
  },
  {
    feature: features.activeBpfLsm,
    reason: 'bpf is not in the list of active LSMs',
    present: hasNoBpfLsm,
  },
  {
    feature: features.netkit,
    reason: 'kernel built without CONFIG_NETKIT',
    present: () => !hasSymbol('netkit_link_attach'),
  },
  {
    feature: features.kernelConfig,
    reason: 'neither /proc/config.gz nor /boot/config of this release is there',
    present: () => kernelConfig() === undefined,
  },
  {
    feature: features.moduleBtf,
    reason: 'no loaded module has BTF',
    present: () => readdirOr('/sys/kernel/btf').every((name) => name === 'vmlinux'),
  },
  {
    feature: features.vsockLoopback,
    reason: 'vsock_loopback is not loaded',
    present: () => !hasSymbol('vsock_loopback_work'),
  },
  {
    feature: features.conntrackKfuncs,
    reason: 'nf_conntrack is not loaded, or built without CONFIG_DEBUG_INFO_BTF_MODULES',
    present: () => !hasSymbol('bpf_xdp_ct_alloc'),
  },
  {
    feature: features.bpftool,
    reason: 'bpftool is not installed',
    present: () => findProgram('bpftool') === undefined,
  },
  {
    feature: features.modules,
    reason: 'no modules for this kernel release are installed',
    present: () => !existsSync(`/lib/modules/${release()}`),
  },
  {
    feature: features.tcClassifier,
    reason: 'cls_bpf or sch_ingress is neither built in nor loaded',
    present: () => !hasSymbol('cls_bpf_classify') || !hasSymbol('ingress_init'),
  },
];

function hasNoBpfLsm(): boolean {
  return !readOr('/sys/kernel/security/lsm').split(',').includes('bpf');
}

/** Why this system lacks `feature` although its kernel is new enough; `undefined` if no gap is known here. */
export function findGap(feature: Feature): string | undefined {
  return gaps.find((gap) => gap.feature.name === feature.name && gap.present())?.reason;
}

/** The running kernel's configuration as text, if the system has it. */
export function kernelConfig(): string | undefined {
  try {
    return gunzipSync(readFileSync('/proc/config.gz')).toString('utf8');
  } catch {
    const text = readOr(`/boot/config-${release()}`);
    return text === '' ? undefined : text;
  }
}

function hasPmu(name: string): boolean {
  return existsSync(`/sys/bus/event_source/devices/${name}`);
}

let symbols: string | undefined;

/** True if the kernel or a loaded module has function `name`. Lines are `ffffffff81000000 T name` and, in modules, a tab and `[module]`. */
function hasSymbol(name: string): boolean {
  symbols ??= readOr('/proc/kallsyms');
  return symbols.includes(` ${name}\n`) || symbols.includes(` ${name}\t`);
}

function fileSystems(): string[] {
  return readOr('/proc/filesystems').split(/\s+/);
}

function readdirOr(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
