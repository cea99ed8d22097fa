/**
 * The few calls on sockets and descriptors in general that attaching needs.
 */

import { addressOf, check, libc } from './native.js';

const F_DUPFD_CLOEXEC = 1030;
const SOL_SOCKET = 1;

/** Another descriptor of the same thing, close-on-exec. */
export function duplicateFd(fd: number): number {
  return check('fcntl', () =>
    libc('int fcntl(int fd, int command, intptr_t argument)')(fd, F_DUPFD_CLOEXEC, 3),
  );
}

/** Sets an option of level SOL_SOCKET whose value is a number. */
export function setSocketOption(fd: number, name: number, value: number): void {
  const bytes = new Int32Array(new ArrayBuffer(4));
  bytes[0] = value;
  check('setsockopt', () =>
    libc('int setsockopt(int fd, int level, int name, intptr_t value, uint size)')(
      fd,
      SOL_SOCKET,
      name,
      addressOf(bytes.buffer),
      4,
    ),
  );
}
