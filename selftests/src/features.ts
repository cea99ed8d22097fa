/**
 * Kernel features that tests name in `needs` and `skip`, with the mainline version that brought each. Versions: FEATURES in the
 * kernel's own history; a kernel that is new enough and lacks one all the same has an entry in gaps.ts.
 */

export interface Feature {
  readonly name: string;
  /** The first kernel version that has it, `5.8`. */
  readonly since: string;
}

function feature(name: string, since: string): Feature {
  return { name, since };
}

export const features = {
  kprobe: feature('kprobes', '4.1'),
  uprobe: feature('uprobes', '4.1'),
  tracefs: feature('tracefs', '4.1'),
  bpffs: feature('bpffs', '4.4'),
  fentry: feature('fentry', '5.5'),
  modifyReturn: feature('fmod_ret', '5.7'),
  vmlinuxBtf: feature('vmlinux BTF', '5.4'),
  moduleBtf: feature('module BTF', '5.11'),
  vsockLoopback: feature('vsock_loopback module', '5.6'),
  conntrackKfuncs: feature('kfuncs of nf_conntrack', '6.0'),
  kernelConfig: feature('readable kernel config', '2.6'),
  hardwarePmu: feature('hardware PMU', '2.6'),
  modules: feature('loadable test modules', '2.6'),
  lsm: feature('BPF LSM', '5.7'),
  activeBpfLsm: feature('bpf among the active LSMs', '5.7'),
  iterators: feature('BPF iterators', '5.8'),
  ringBuffer: feature('ring buffer', '5.8'),
  userRingBuffer: feature('user ring buffer', '6.1'),
  skLookup: feature('sk_lookup', '5.9'),
  structOps: feature('struct_ops', '5.6'),
  structOpsLink: feature('struct_ops link', '6.4'),
  sleepable: feature('sleepable fentry and LSM', '5.10'),
  sleepableUprobe: feature('sleepable uprobe', '6.0'),
  perfLink: feature('perf_event link', '5.15'),
  cookies: feature('BPF cookies', '5.15'),
  tracingCookies: feature('BPF cookies of tracing links', '6.0'),
  rawTracepointCookies: feature('BPF cookies of raw tracepoints', '6.10'),
  syscallProgram: feature('syscall programs', '5.14'),
  timers: feature('BPF timers', '5.15'),
  bpfLoop: feature('bpf_loop', '5.17'),
  kfuncs: feature('kfuncs', '5.13'),
  tracingKfuncs: feature('kfuncs in tracing programs', '6.2'),
  weakKsyms: feature('typed ksyms', '5.9'),
  inodeStorage: feature('inode storage', '5.10'),
  taskStorage: feature('task storage', '5.11'),
  cgroupStorage: feature('cgroup storage map', '6.2'),
  bloomFilter: feature('bloom filter', '5.16'),
  dynptr: feature('dynptr', '5.19'),
  kprobeMulti: feature('kprobe multi link', '5.18'),
  kprobeSession: feature('kprobe session', '6.10'),
  uprobeMulti: feature('uprobe multi link', '6.6'),
  uprobeSession: feature('uprobe session', '6.13'),
  openCodedIterators: feature('open-coded iterators', '6.4'),
  exceptions: feature('BPF exceptions', '6.7'),
  tcx: feature('tcx link', '6.6'),
  netkit: feature('netkit', '6.7'),
  arena: feature('arena', '6.9'),
  cpuHotplug: feature('CPU that may be taken offline', '2.6'),
  deviceMapProgram: feature('programs of device maps', '5.8'),
  cpuMapProgram: feature('programs of CPU maps', '5.9'),
  xdpSockets: feature('AF_XDP sockets', '4.18'),
  instructionArray: feature('instruction array map', '6.19'),
  resizableHash: feature('resizable hash map', '7.2'),
  overwritingRing: feature('overwriting ring buffer', '6.19'),
  token: feature('BPF token', '6.9'),
  fixedLog: feature('BPF_LOG_FIXED', '6.4'),
  largeArrayValues: feature('array values past 4 MiB', '5.11'),
  btfEnum64: feature('BTF ENUM64', '6.0'),
  tcClassifier: feature('clsact qdisc and cls_bpf', '4.5'),
  bpftool: feature('bpftool', '2.6'),
} as const satisfies Record<string, Feature>;
