/**
 * The few calls on sockets that attaching needs.
 */

import { addressOf, check, libc } from './native.js';

const SOL_SOCKET = 1;

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
