/**
 * Programs of a sockmap or sockhash: parsers and verdicts for the sockets in it. By a link since 6.10, else by BPF_PROG_ATTACH.
 */

import { SyscallError } from '../errors.js';
import { mapInfo } from '../map/map-info.js';
import { type AttachTypeName, MAP_TYPES, mapType, progType } from '../open/constants.js';
import { linkCreate, progAttach, progDetach } from '../sys/bpf.js';
import { closeFd, duplicateFd } from '../sys/fd.js';
import {
  type Attachable,
  type Attempt,
  attachTypeName,
  attempt,
  badOption,
  expectType,
  namedAttachType,
  noFeature,
  noTarget,
} from './attachable.js';
import { BpfLink } from './bpf-link.js';

export interface SockmapOptions {
  /** The sockmap or sockhash. */
  readonly map: { readonly fd: number; readonly name?: string };
  /** Default: as the section name says. */
  readonly attachType?: AttachTypeName;
  /** Default: a link where the kernel has them. */
  readonly mode?: 'link' | 'attach';
}

const HINTS = {
  EINVAL: 'the program is of another kind',
  EOPNOTSUPP: 'a parser and verdict exclude a verdict alone, and the other way round',
};

/** Runs a program for the sockets of a map. */
export function attachSockmap(program: Attachable, options: SockmapOptions): BpfLink {
  expectType(program, 'attachSockmap()', ['SK_SKB', 'SK_MSG']);
  const { map, mode } = options;
  const title = map.name === undefined ? `descriptor ${map.fd}` : `"${map.name}"`;
  const where: Attempt = { program, way: `sockmap ${title}` };
  const type =
    options.attachType === undefined
      ? program.expectedAttachType
      : namedAttachType(where, options.attachType);
  const what: Attempt = { program, way: `${attachTypeName(type).toLowerCase()} of map ${title}` };
  if (type === 0)
    throw badOption(what, 'section "sk_skb" does not say as what; attachType must be given');
  const prefix = program.type === progType('SK_MSG') ? 'SK_MSG_' : 'SK_SKB_';
  if (!attachTypeName(type).startsWith(prefix))
    throw badOption(
      what,
      `a program of type ${prefix.slice(0, -1)} takes attach types ${prefix}…, found ${attachTypeName(type)}`,
    );
  expectSockmap(what, map.fd, title);
  if (mode !== 'attach') {
    const fd = createLink(what, map.fd, type, mode === 'link');
    if (fd !== undefined)
      return new BpfLink({ program: program.name, way: what.way, fds: [fd], isKernelLink: true });
  }
  attempt(
    what,
    () => progAttach({ targetFd: map.fd, attachFd: program.fd, attachType: type }),
    HINTS,
  );
  const targetFd = duplicateFd(map.fd);
  const attachFd = duplicateFd(program.fd);
  const undo = () => {
    try {
      progDetach({ targetFd, attachFd, attachType: type });
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error; // replaced by somebody else
    } finally {
      closeFd(attachFd);
      closeFd(targetFd);
    }
  };
  return new BpfLink({ program: program.name, way: what.way, fds: [], isKernelLink: false, undo });
}

function expectSockmap(what: Attempt, fd: number, title: string): void {
  let type: number;
  try {
    ({ type } = mapInfo(fd));
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    throw noTarget(what, `${title} is no map that is open`, cause);
  }
  if (type === mapType('SOCKMAP') || type === mapType('SOCKHASH')) return;
  throw noTarget(
    what,
    `map ${title} is of type ${MAP_TYPES[type] ?? type}, expected SOCKMAP or SOCKHASH`,
  );
}

function createLink(
  what: Attempt,
  targetFd: number,
  type: number,
  required: boolean,
): number | undefined {
  try {
    return linkCreate({ progFd: what.program.fd, targetFd, attachType: type });
  } catch (cause) {
    // Kernels without the link refuse it so; then BPF_PROG_ATTACH says what else is wrong.
    if (!(cause instanceof SyscallError) || cause.code !== 'EINVAL')
      return attempt(
        what,
        () => {
          throw cause;
        },
        HINTS,
      );
    if (required) throw noFeature(what, 'links for sockmaps', '6.10', cause);
    return undefined;
  }
}
