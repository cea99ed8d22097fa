/**
 * All ways to attach a program, as methods of it. Each is a function in a file of its own; this only says what there is.
 */

import type { ProgramSpec } from '../open/object-spec.js';
import type { Attachable, ProgramOwner } from './attachable.js';
import type { BpfLink } from './bpf-link.js';
import { attachCgroup, type CgroupOptions } from './cgroup.js';
import { attachIter, type BpfIterLink, type IterOptions } from './iter.js';
import { attachKprobe, type KprobeOptions } from './kprobe.js';
import { attachKprobeMulti, type KprobeMultiOptions } from './kprobe-multi.js';
import { attachKsyscall, type KsyscallOptions } from './ksyscall.js';
import { attachNetkit, attachTcx, type NetkitOptions, type TcxOptions } from './net-device.js';
import { attachNetfilter, type NetfilterOptions } from './netfilter.js';
import { attachNetns, type NetnsOptions } from './netns.js';
import { type AttachPerfEventOptions, attachPerfEvent } from './perf-event.js';
import { attachRawTracepoint, type RawTracepointOptions } from './raw-tracepoint.js';
import { attachSocket } from './socket.js';
import { attachSockmap, type SockmapOptions } from './sockmap.js';
import { attachTc, type TcOptions } from './tc.js';
import { attachFreplace, attachTrace, type FreplaceOptions, type TraceOptions } from './trace.js';
import { attachTracepoint, type TracepointOptions } from './tracepoint.js';
import { attachUprobe, type UprobeOptions } from './uprobe.js';
import { attachUprobeMulti, type UprobeMultiOptions } from './uprobe-multi.js';
import { attachUsdt, type UsdtOptions } from './usdt.js';
import { attachXdp, type XdpOptions } from './xdp.js';

/**
 * The ways to attach a loaded program. All return a link that detaches when closed, leave nothing behind when they fail, and throw
 * a {@link BpfError}: `BPF_NO_ATTACH_TARGET` (nothing of that name, or it cannot be traced: the message says why),
 * `BPF_WRONG_PROGRAM_TYPE`, `BPF_BUSY`, `BPF_PERMISSION`, `BPF_ATTACH_OPTIONS`, `BPF_FEATURE` (the kernel is too old; `since` says
 * which one is not) or `BPF_ATTACH` with the kernel's answer.
 */
export interface AttachMethods {
  /** A function or address of the kernel. */
  attachKprobe(options: KprobeOptions): BpfLink;
  /** Many functions of the kernel with one link. Kernel 5.18. */
  attachKprobeMulti(options: KprobeMultiOptions): BpfLink;
  /** A system call by its name. */
  attachKsyscall(options: KsyscallOptions): BpfLink;
  /** A function or place of a program or library. */
  attachUprobe(options: UprobeOptions): BpfLink;
  /** Many of them with one link. Kernel 6.6. */
  attachUprobeMulti(options: UprobeMultiOptions): BpfLink;
  /** A USDT probe, at all its places. */
  attachUsdt(options: UsdtOptions): BpfLink;
  attachTracepoint(options: TracepointOptions): BpfLink;
  attachRawTracepoint(options: RawTracepointOptions): BpfLink;
  /** What it was loaded for: tp_btf, fentry, fexit, fmod_ret, fsession, lsm. */
  attachTrace(options?: TraceOptions): BpfLink;
  /** In the place of a function of another program. */
  attachFreplace(options?: FreplaceOptions): BpfLink;
  attachIter(options?: IterOptions): BpfIterLink;
  /** An event of {@link openPerfEvent}, or any other descriptor of perf_event_open(2). */
  attachPerfEvent(
    event: { readonly fd: number; readonly description?: string },
    options?: AttachPerfEventOptions,
  ): BpfLink;
  /** A cgroup, for the hook of its section name; with lsm_cgroup programs too. */
  attachCgroup(options: CgroupOptions): BpfLink;
  /** A network namespace: sk_lookup and flow_dissector. */
  attachNetns(options?: NetnsOptions): BpfLink;
  /** The sockets of a sockmap or sockhash. */
  attachSockmap(options: SockmapOptions): BpfLink;
  /** Packets that an interface receives, before the network stack. */
  attachXdp(options: XdpOptions): BpfLink;
  /** A filter of traffic control, by netlink. Any kernel. */
  attachTc(options: TcOptions): BpfLink;
  /** Traffic of an interface, by a link. Kernel 6.6. */
  attachTcx(options: TcxOptions): BpfLink;
  /** A netkit device. Kernel 6.7. */
  attachNetkit(options: NetkitOptions): BpfLink;
  /** A hook of netfilter. Kernel 6.4. */
  attachNetfilter(options: NetfilterOptions): BpfLink;
  /** One socket: a filter, or for sk_reuseport its group. */
  attachSocket(socket: { readonly fd: number }): BpfLink;
}

/** The base of programs: where the methods are. */
export abstract class ProgramAttach implements AttachMethods, Attachable {
  abstract readonly spec: ProgramSpec;
  abstract readonly owner: ProgramOwner | undefined;
  abstract get name(): string;
  abstract get section(): string;
  abstract get type(): number;
  abstract get expectedAttachType(): number;
  abstract get fd(): number;

  attachKprobe(options: KprobeOptions): BpfLink {
    return attachKprobe(this, options);
  }
  attachKprobeMulti(options: KprobeMultiOptions): BpfLink {
    return attachKprobeMulti(this, options);
  }
  attachKsyscall(options: KsyscallOptions): BpfLink {
    return attachKsyscall(this, options);
  }
  attachUprobe(options: UprobeOptions): BpfLink {
    return attachUprobe(this, options);
  }
  attachUprobeMulti(options: UprobeMultiOptions): BpfLink {
    return attachUprobeMulti(this, options);
  }
  attachUsdt(options: UsdtOptions): BpfLink {
    return attachUsdt(this, options);
  }
  attachTracepoint(options: TracepointOptions): BpfLink {
    return attachTracepoint(this, options);
  }
  attachRawTracepoint(options: RawTracepointOptions): BpfLink {
    return attachRawTracepoint(this, options);
  }
  attachTrace(options?: TraceOptions): BpfLink {
    return attachTrace(this, options);
  }
  attachFreplace(options?: FreplaceOptions): BpfLink {
    return attachFreplace(this, options);
  }
  attachIter(options?: IterOptions): BpfIterLink {
    return attachIter(this, options);
  }
  attachPerfEvent(
    event: { readonly fd: number; readonly description?: string },
    options?: AttachPerfEventOptions,
  ): BpfLink {
    return attachPerfEvent(this, event, options);
  }
  attachCgroup(options: CgroupOptions): BpfLink {
    return attachCgroup(this, options);
  }
  attachNetns(options?: NetnsOptions): BpfLink {
    return attachNetns(this, options);
  }
  attachSockmap(options: SockmapOptions): BpfLink {
    return attachSockmap(this, options);
  }
  attachXdp(options: XdpOptions): BpfLink {
    return attachXdp(this, options);
  }
  attachTc(options: TcOptions): BpfLink {
    return attachTc(this, options);
  }
  attachTcx(options: TcxOptions): BpfLink {
    return attachTcx(this, options);
  }
  attachNetkit(options: NetkitOptions): BpfLink {
    return attachNetkit(this, options);
  }
  attachNetfilter(options: NetfilterOptions): BpfLink {
    return attachNetfilter(this, options);
  }
  attachSocket(socket: { readonly fd: number }): BpfLink {
    return attachSocket(this, socket);
  }
}
