/**
 * Programs of one socket, by setsockopt(2): filters, and the choice among sockets that share a port.
 */

import { SyscallError } from '../errors.js';
import { setSocketOption } from '../sys/socket.js';
import { type Attachable, type Attempt, attempt, expectType } from './attachable.js';
import { BpfLink } from './bpf-link.js';

const SO_DETACH_FILTER = 27;
const SO_ATTACH_BPF = 50;
const SO_ATTACH_REUSEPORT_EBPF = 52;
const SO_DETACH_REUSEPORT_BPF = 68;

/**
 * Runs a program on a socket, until the link is closed or the socket is.
 *
 * @param socket - stays the caller's, and open for as long as the link
 */
export function attachSocket(program: Attachable, socket: { readonly fd: number }): BpfLink {
  expectType(program, 'attachSocket()', ['SOCKET_FILTER', 'SK_REUSEPORT']);
  const isReuseport = program.section.startsWith('sk_reuseport');
  const { fd } = socket;
  const what: Attempt = { program, way: `${isReuseport ? 'reuseport' : 'filter'} of socket ${fd}` };
  attempt(
    what,
    () => setSocketOption(fd, isReuseport ? SO_ATTACH_REUSEPORT_EBPF : SO_ATTACH_BPF, program.fd),
    {
      ENOTSOCK: 'the descriptor is no socket',
      EBADF: 'the descriptor is not open',
      EPERM: 'the filter of the socket is locked',
    },
  );
  const undo = () => {
    try {
      setSocketOption(fd, isReuseport ? SO_DETACH_REUSEPORT_BPF : SO_DETACH_FILTER, 0);
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error; // the socket was closed first
    }
  };
  return new BpfLink({ program: program.name, way: what.way, fds: [], isKernelLink: false, undo });
}
