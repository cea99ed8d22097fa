/**
 * An attached program. Closing the link detaches it, unless the link is pinned.
 */

import { BpfError } from '../errors.js';
import { linkDetach, linkUpdate, objPin } from '../sys/bpf.js';
import { Fd } from '../sys/fd.js';

/** What a link needs to know of the program that it attaches. */
export interface LinkedTo {
  readonly program: string;
  /** How, for people: `tp_btf sched_switch`. */
  readonly way: string;
}

/**
 * Holds a program attached. Made by the `attach…` methods of a program, never by `new`.
 *
 * A link that is lost without {@link close} is reported through `onWarning` and closed when it is collected.
 */
export class BpfLink implements Disposable {
  readonly #fd: Fd;
  readonly #to: LinkedTo;
  readonly #onClose: (() => void) | undefined;
  #disconnected = false;

  /** @param onClose - what else is to be undone, after the descriptor is closed */
  constructor(fd: number, to: LinkedTo, onClose?: () => void) {
    this.#fd = new Fd(fd, `link of program "${to.program}" (${to.way})`);
    this.#to = to;
    this.#onClose = onClose;
  }

  /** Descriptor of the link; of the perf event on kernels without links for those. @throws BpfError `BPF_CLOSED` */
  get fd(): number {
    if (!this.#fd.isOpen) {
      throw new BpfError(
        'BPF_CLOSED',
        `link of program "${this.#to.program}" (${this.#to.way}) is closed`,
        { program: this.#to.program },
      );
    }
    return this.#fd.number;
  }

  /** Name of the program. */
  get program(): string {
    return this.#to.program;
  }

  /** How it is attached, for people. */
  get way(): string {
    return this.#to.way;
  }

  get isOpen(): boolean {
    return this.#fd.isOpen;
  }

  /** Replaces the attached program by another of the same kind, without a gap. Kernel 5.7, for the kinds that can. */
  update(programFd: number, options: { flags?: number; oldFd?: number } = {}): void {
    linkUpdate(this.fd, programFd, options);
  }

  /** Detaches now, while the link stays open. Kernel 5.9, for the kinds that can. */
  detach(): void {
    linkDetach(this.fd);
  }

  /** Pins the link in a BPF file system: it then outlives this process. */
  pin(path: string): void {
    objPin(this.fd, path);
  }

  /** Lets {@link close} close the descriptor without undoing anything else. */
  disconnect(): void {
    this.#disconnected = true;
  }

  /** Detaches. Idempotent. */
  close(): void {
    if (!this.#fd.isOpen) return;
    this.#fd.close();
    if (!this.#disconnected) this.#onClose?.();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
