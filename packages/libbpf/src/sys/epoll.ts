/**
 * epoll(7): one descriptor that is readable while any of several is.
 *
 * `struct epoll_event` is 12 bytes on x86-64, where it is packed, and 16 elsewhere (linux/include/uapi/linux/eventpoll.h).
 */

import { LITTLE } from './attr.js';
import { closeFd } from './fd.js';
import { addressOf, check, libc } from './native.js';

const EPOLL_CLOEXEC = 0x80000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLLIN = 1;
const EPOLLOUT = 4;
const EPOLLERR = 8;
const EPOLLHUP = 16;
const EPOLLET = 0x8000_0000;

/** What {@link Epoll.ready} found: the tag that a descriptor was added with, and whether it is only hung up. */
export interface EpollReady {
  readonly tag: number;
  /** Error or hang-up without anything to read: such a descriptor stays ready for ever. */
  readonly hungUp: boolean;
}

/** An epoll instance. */
export class Epoll {
  #fd: number;
  readonly #event: DataView;
  readonly #tagOffset: number;

  constructor() {
    this.#fd = check('epoll_create1', () => libc('int epoll_create1(int flags)')(EPOLL_CLOEXEC));
    this.#event = new DataView(new ArrayBuffer(16));
    this.#tagOffset = process.arch === 'x64' ? 4 : 8;
  }

  /** -1 after close. */
  get fd(): number {
    return this.#fd;
  }

  add(fd: number, tag: number): void {
    this.#add(fd, tag, EPOLLIN);
  }

  /** Becomes ready once each time that there is new room to write. {@link ready} makes it unready again. */
  addForRoom(fd: number, tag: number): void {
    this.#add(fd, tag, EPOLLOUT | EPOLLET);
  }

  #add(fd: number, tag: number, events: number): void {
    this.#event.setUint32(0, events, LITTLE);
    this.#event.setUint32(this.#tagOffset, tag, LITTLE);
    this.#control(EPOLL_CTL_ADD, fd);
  }

  remove(fd: number): void {
    this.#control(EPOLL_CTL_DEL, fd);
  }

  /** One descriptor that is ready now, or `undefined`; never waits. */
  ready(): EpollReady | undefined {
    const wait = libc('int epoll_wait(int fd, intptr_t events, int count, int timeout)');
    const count = check('epoll_wait', () => wait(this.#fd, addressOf(this.#event.buffer), 1, 0));
    if (count === 0) return undefined;
    const events = this.#event.getUint32(0, LITTLE);
    const hungUp = (events & (EPOLLERR | EPOLLHUP)) !== 0 && (events & EPOLLIN) === 0;
    return { tag: this.#event.getUint32(this.#tagOffset, LITTLE), hungUp };
  }

  close(): void {
    if (this.#fd < 0) return;
    closeFd(this.#fd);
    this.#fd = -1;
  }

  #control(operation: number, fd: number): void {
    const control = libc('int epoll_ctl(int epoll, int operation, int fd, intptr_t event)');
    check('epoll_ctl', () => control(this.#fd, operation, fd, addressOf(this.#event.buffer)));
  }
}
