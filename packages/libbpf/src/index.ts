/**
 * BPF objects on the running kernel.
 *
 * @module
 */

export type { Codec } from './codec.js';
export type { GlobalData } from './data/reflect-section.js';
export type { IntKind, SectionAtomics } from './data/section-atomics.js';
export {
  BpfError,
  type BpfErrorFacts,
  errnoName,
  FeatureError,
  isBpfError,
  SyscallError,
} from './errors.js';
export type { BtfInfo } from './info/btf-info.js';
export { btfs, links, maps, programs } from './info/kernel-objects.js';
export type { LinkInfo } from './info/link-info.js';
export { enableRunStats, type ProgramInfo, type RunStats } from './info/program-info.js';
export { type AttachCandidate, attachFirst } from './link/attach-first.js';
export type { BpfLink, LinkReplacement, LinkUpdateOptions } from './link/bpf-link.js';
export type { CgroupName, CgroupOptions } from './link/cgroup.js';
export type { BpfIterLink, IterOptions } from './link/iter.js';
export type { KprobeOptions, ProbeMode } from './link/kprobe.js';
export type { KprobeMultiOptions } from './link/kprobe-multi.js';
export type { KsyscallOptions } from './link/ksyscall.js';
export type { NetkitOptions, TcxOptions } from './link/net-device.js';
export type { NetfilterOptions } from './link/netfilter.js';
export type { NetnsOptions } from './link/netns.js';
export type { InterfaceName } from './link/network-interface.js';
export type { OrderAnchor, OrderOptions } from './link/order.js';
export {
  type AttachPerfEventOptions,
  openPerfEvent,
  type PerfEvent,
  type PerfEventName,
  type PerfEventOptions,
} from './link/perf-event.js';
export { openLinkById, openPinnedLink } from './link/pinned-link.js';
export type { AttachMethods } from './link/program-attach.js';
export { type AttachedPrograms, type HookOwner, queryAttached } from './link/query-attached.js';
export type { RawTracepointOptions } from './link/raw-tracepoint.js';
export type { SockmapOptions } from './link/sockmap.js';
export {
  createTcHook,
  destroyTcHook,
  queryTc,
  type TcFilter,
  type TcHook,
  type TcOptions,
} from './link/tc.js';
export type { FreplaceOptions, TraceOptions } from './link/trace.js';
export type { TracepointOptions } from './link/tracepoint.js';
export type { UprobeOptions } from './link/uprobe.js';
export type { UprobeMultiOptions } from './link/uprobe-multi.js';
export type { UsdtOptions } from './link/usdt.js';
export { queryXdp, type XdpAttached, type XdpMode, type XdpOptions } from './link/xdp.js';
export { CoreRelocationError } from './load/core-patch.js';
export type { FeatureName } from './load/features.js';
export type { LoadOptions } from './load/load-object.js';
export { type MapDifference, MapMismatchError } from './load/pinned-maps.js';
export {
  type FeatureQuestion,
  type Features,
  features,
  type LinkKind,
} from './load/public-features.js';
export type { Support } from './load/type-support.js';
export { VerifierError } from './load/verifier-error.js';
export { type ProgramVerification, VerifySession, verifyPrograms } from './load/verify-programs.js';
export type { BpfMap } from './map/bpf-map.js';
export { onlineCpus, possibleCpus } from './map/cpus.js';
export type { LookupOptions, MapBatch, UpdateOptions } from './map/element-options.js';
export { type KernelSymbol, KernelSymbols, kernelSymbols } from './map/kernel-symbols.js';
export type { FdLike, RedirectTarget } from './map/map-codecs.js';
export type { MapInfo } from './map/map-info.js';
export type { IterationStatistics, MapIterator } from './map/map-iterator.js';
export type {
  ArenaMap,
  ArrayMap,
  ArrayOfMaps,
  BloomFilter,
  CgroupArray,
  CgroupStorage,
  CgrpStorage,
  CpuMap,
  DevMap,
  HashMap,
  HashOfMaps,
  InodeStorage,
  LoadedMap,
  LpmTrie,
  OpenMap,
  OpenSectionMap,
  OpenStructOpsMap,
  PerCpuArrayMap,
  PerCpuCgroupStorage,
  PerCpuHashMap,
  PerCpuMap,
  PerfEventArray,
  ProgArray,
  QueueMap,
  ReadableMap,
  RingBuf,
  SectionMap,
  SkStorage,
  SockHash,
  SockMap,
  StackMap,
  StackTraceMap,
  StorageMap,
  StreamMap,
  StructOpsMap,
  TaskStorage,
  UnknownMap,
  UserRingBuf,
  XskMap,
} from './map/map-types.js';
export { type OpenMapOptions, openMapById, openPinnedMap } from './map/open-map.js';
export { pidfdOpen } from './map/pidfd.js';
export type { RawMap } from './map/raw-map.js';
export { StackFrame } from './map/stack-trace.js';
export { type LoadedObject, type OpenObject, type OpenOptions, openObject } from './object.js';
export {
  registerSectionHandler,
  type SectionHandler,
  unregisterSectionHandler,
} from './open/section-table.js';
export type { LoadedBpfProgram, OpenBpfProgram, TestRun, TestRunOptions } from './program.js';
export type {
  EventStream,
  RecordHandler,
  StreamCounters,
  StreamOptions,
  WaitOptions,
} from './stream/event-stream.js';
export { type RecordOf, ringBuffer } from './stream/open-stream.js';
export type { PerfBufferOptions } from './stream/perf-buffer.js';
export type { RecordView } from './stream/record-view.js';
export type { UserRecord, UserRingBuffer } from './stream/user-ring-buffer.js';
export { onWarning } from './sys/fd.js';
