/**
 * Whether the kernel makes links for an attach type: asked with a program that is not there. A kernel that knows the type looks for
 * the program and says EBADF; one that does not says EINVAL, as it does for much else that may be wrong.
 */

import { SyscallError } from '../errors.js';
import { Answers } from '../load/answers.js';
import { type AttachTypeName, attachType } from '../open/constants.js';
import { linkCreate } from '../sys/bpf.js';
import { closeFd } from '../sys/fd.js';

const NO_PROGRAM = 0x7fff_ffff;
const answers = new Answers(ask);

/** For types of cgroup, netns and xdp. Asks once. */
export function hasLink(type: AttachTypeName): boolean {
  return answers.get(type);
}

function ask(type: AttachTypeName): boolean {
  try {
    closeFd(linkCreate({ progFd: NO_PROGRAM, targetFd: 0, attachType: attachType(type) }));
    return true;
  } catch (error) {
    if (error instanceof SyscallError) return error.code === 'EBADF';
    throw error;
  }
}
