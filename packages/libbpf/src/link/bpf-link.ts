/**
 * An attached program. Closing the link detaches it, unless the link is pinned.
 *
 * Behind it is mostly one link object of the kernel. Where the kernel has none (perf events before 5.15, filters of tc, programs
 * attached by BPF_PROG_ATTACH), or where one call makes many (USDT), it holds all there is to undo, so that users need not care.
 */

import { unlinkSync } from 'node:fs';
import { BpfError, SyscallError } from '../errors.js';
import { type LinkInfo, linkInfo } from '../info/link-info.js';
import { pinAt } from '../load/pin-at.js';
import { linkDetach, linkUpdate } from '../sys/bpf.js';
import { closeFd, warning } from '../sys/fd.js';

/** What a link is made of. */
export interface LinkParts {
  /** Name of the program, for messages; of a struct_ops map for those. */
  readonly program: string;
  /** What {@link program} names; a program by default. */
  readonly of?: 'program' | 'map' | undefined;
  /** How it is attached, for people: `tp_btf sched_switch`. */
  readonly way: string;
  /**
   * Owned from here on and closed in this order. The first is the kernel's link if `isKernelLink`; empty for what the kernel keeps
   * attached without a descriptor.
   */
  readonly fds: readonly number[];
  /** Whether every descriptor is a `bpf_link`: what can be pinned, updated and asked for. */
  readonly isKernelLink: boolean;
  /** What else is to be undone, after the descriptors are closed: lines in tracefs, filters, map entries. */
  readonly undo?: (() => void) | undefined;
}

/** How {@link BpfLink.update} replaces the program. */
export interface LinkUpdateOptions {
  /** Fails with `BPF_LINK_UPDATE` if this is not the program attached now. */
  readonly expected?: { readonly fd: number } | undefined;
}

/** What a link can be updated to. */
export interface LinkReplacement {
  readonly fd: number;
  /** @internal What a struct_ops map does before it is linked. */
  _beforeLink?(): void;
}

interface Held {
  fds: readonly number[];
  undo: (() => void) | undefined;
  readonly what: string;
}

function letGo(held: Held): void {
  const { fds, undo } = held;
  held.fds = [];
  held.undo = undefined;
  for (const fd of fds) closeFd(fd);
  undo?.();
}

const lost = new FinalizationRegistry<Held>((held) => {
  const { what } = held;
  try {
    letGo(held);
  } finally {
    warning(
      `${what} was garbage-collected without close(), which detached it; keep it in a variable, or close it when done`,
    );
  }
});

/**
 * Holds a program attached. Made by the `attach…` methods of a program, never by `new`.
 *
 * A link that is lost without {@link close} is reported through `onWarning` and closed when it is collected.
 */
export class BpfLink implements Disposable {
  readonly #parts: LinkParts;
  readonly #held: Held;
  #isOpen = true;
  #pinPath: string | undefined;

  /** @internal */
  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.#held = { fds: parts.fds, undo: parts.undo, what: title(parts) };
    lost.register(this, this.#held, this);
  }

  /** Name of the program. */
  get program(): string {
    return this.#parts.program;
  }

  /** How it is attached, for people. */
  get way(): string {
    return this.#parts.way;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether the kernel has a link object for it, which can be pinned, updated and asked for. */
  get isKernelLink(): boolean {
    return this.#parts.isKernelLink;
  }

  /** Where it was pinned by {@link pin} or opened from; `undefined` if it is not. */
  get pinPath(): string | undefined {
    return this.#pinPath;
  }

  /**
   * Descriptor of the link; of the perf event on kernels without links for those. Of several, the first.
   *
   * @throws BpfError `BPF_CLOSED`; `BPF_NO_KERNEL_LINK` for what is attached without any descriptor
   */
  get fd(): number {
    return this.fds[0] ?? this.#fail('BPF_NO_KERNEL_LINK', 'no descriptor holds it');
  }

  /** All descriptors behind it: many for USDT without multi-uprobes. @throws BpfError `BPF_CLOSED` */
  get fds(): readonly number[] {
    if (!this.#isOpen) this.#fail('BPF_CLOSED', 'the link is closed');
    return this.#held.fds;
  }

  /**
   * What the kernel says of it. Kernel 5.8.
   *
   * @throws BpfError `BPF_NO_KERNEL_LINK`, `BPF_CLOSED`
   */
  info(): LinkInfo {
    return linkInfo(this.#kernelFd('info()'));
  }

  /**
   * Replaces the attached program by another of the same kind, without a gap. Kernel 5.7, for the kinds that can: cgroup, xdp,
   * tcx, netkit, netns, struct_ops; netfilter no.
   *
   * @param program - or the struct_ops map, for a link of one
   * @throws BpfError `BPF_LINK_UPDATE`
   */
  update(program: LinkReplacement, options: LinkUpdateOptions = {}): void {
    const BPF_F_REPLACE = 4;
    const { expected } = options;
    program._beforeLink?.();
    this.#call('BPF_LINK_UPDATE', 'could not be updated', (fd) =>
      linkUpdate(
        fd,
        program.fd,
        expected === undefined ? {} : { flags: BPF_F_REPLACE, oldFd: expected.fd },
      ),
    );
  }

  /**
   * Detaches now, while the link stays open: {@link info} then shows no target. Kernel 5.9, for cgroup, netns, xdp, tcx, netkit and
   * struct_ops; other kinds detach by {@link close} only.
   *
   * @throws BpfError `BPF_LINK_DETACH`
   */
  detach(): void {
    this.#call('BPF_LINK_DETACH', 'could not be detached', linkDetach);
  }

  /**
   * Pins it in a BPF file system: the program then stays attached when the link is closed and the process ends.
   *
   * @throws BpfError `BPF_LINK_PIN`
   */
  pin(path: string): void {
    if (this.#held.fds.length > 1)
      this.#fail('BPF_LINK_PIN', `it consists of ${this.#held.fds.length} links, a pin holds one`);
    pinAt(this.#kernelFd('this'), path, (problem, cause) =>
      this.#error('BPF_LINK_PIN', problem, cause),
    );
    this.#pinPath = path;
  }

  /** Removes the pin that {@link pin} made; the program stays attached until {@link close}. */
  unpin(): void {
    if (this.#pinPath === undefined)
      this.#fail('BPF_LINK_PIN', 'it is not pinned, or was pinned by someone else');
    unlinkSync(this.#pinPath!);
    this.#pinPath = undefined;
  }

  /**
   * Lets {@link close} close the descriptors without undoing anything else: what the kernel keeps attached without a descriptor
   * stays.
   */
  disconnect(): void {
    this.#held.undo = undefined;
  }

  /** Detaches, unless pinned. Idempotent. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    lost.unregister(this);
    letGo(this.#held);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * One link of many, which give up what they hold to it.
   *
   * @internal
   */
  static _join(program: string, way: string, links: readonly BpfLink[], undo: () => void): BpfLink {
    const fds = links.flatMap((link) => link.#held.fds);
    const undos = links.flatMap((link) => link.#held.undo ?? []);
    const isKernelLink = links.every((link) => link.isKernelLink);
    for (const link of links) {
      link.#held.fds = [];
      link.#held.undo = undefined;
      link.close();
    }
    return new BpfLink({
      program,
      way,
      fds,
      isKernelLink,
      undo: () => {
        for (const one of [...undos, undo]) one();
      },
    });
  }

  /** @internal */
  _setPinPath(path: string): this {
    this.#pinPath = path;
    return this;
  }

  #kernelFd(what: string): number {
    const { fd } = this;
    if (!this.#parts.isKernelLink)
      this.#fail(
        'BPF_NO_KERNEL_LINK',
        `${what} needs a link object, and the kernel has none for this way of attaching`,
      );
    return fd;
  }

  #call(code: string, problem: string, call: (fd: number) => void): void {
    const fd = this.#kernelFd('this');
    try {
      call(fd);
    } catch (cause) {
      if (!(cause instanceof SyscallError)) throw cause;
      this.#fail(code, `${problem}: ${cause.code}${reason(code, cause.code)}`, cause);
    }
  }

  #fail(code: string, problem: string, cause?: unknown): never {
    throw this.#error(code, problem, cause);
  }

  #error(code: string, problem: string, cause?: unknown): BpfError {
    return new BpfError(code, `${title(this.#parts)}: ${problem}`, {
      program: this.#parts.program,
      link: this.#parts.way,
      cause,
    });
  }
}

function title({ program, of = 'program', way }: LinkParts): string {
  return `link of ${of} "${program}" (${way})`;
}

function reason(code: string, errno: string): string {
  if (errno === 'EOPNOTSUPP' || errno === 'ENOSYS')
    return ', the kernel does not offer that for links of this kind';
  if (errno === 'EINVAL')
    return ', the program is of another kind than the link, or the kernel too old';
  if (errno === 'EPERM' && code === 'BPF_LINK_UPDATE')
    return ', another program than the expected one is attached';
  if (errno === 'ENOLINK' || errno === 'ENOENT') return ', it is detached already';
  return '';
}
