/**
 * Whether the kernel has links for many probes at once: asked by making one that cannot be made, and looking at what is wrong with
 * it. A kernel without them does not look that far.
 */

import { SyscallError } from '../errors.js';
import { Answers } from '../load/answers.js';
import { program } from '../load/program-bytes.js';
import { type AttachTypeName, attachType, progType } from '../open/constants.js';
import type { Attr } from '../sys/attr.js';
import { linkCreate, progLoad } from '../sys/bpf.js';
import { closeFd } from '../sys/fd.js';

export type ProbeLinkKind =
  | 'TRACE_KPROBE_MULTI'
  | 'TRACE_KPROBE_SESSION'
  | 'TRACE_UPROBE_MULTI'
  | 'TRACE_UPROBE_SESSION';

const answers = new Answers((kind: ProbeLinkKind) =>
  kind.includes('UPROBE') ? hasUprobeLink(kind) : hasKprobeLink(kind),
);

/** Whether links of a kind can be made. Asks once. */
export function hasProbeLink(kind: ProbeLinkKind): boolean {
  return answers.get(kind);
}

/** An address list that cannot be read is EFAULT, once the kernel looks at it. */
function hasKprobeLink(kind: AttachTypeName): boolean {
  return (
    refusal(kind, (attribute) => attribute.u32(16, 0).u32(20, 1).u64(24, 0).u64(32, 1)) === 'EFAULT'
  );
}

/**
 * Probing "/" is EBADF, as it is no file with code. The first kernels with the link took a thread for the process that was asked
 * for; those that do it right refuse process -1 first (libbpf's probe_uprobe_multi_link has the same rule).
 */
function hasUprobeLink(kind: AttachTypeName): boolean {
  const path = new TextEncoder().encode('/\0');
  const offsets = new Uint8Array(8);
  const ask = (pid: number) =>
    refusal(kind, (attribute) =>
      attribute.pointer(16, path).pointer(24, offsets).u32(48, 1).u32(52, 0).i32(56, pid),
    );
  return ask(0) === 'EBADF' && ask(-1) === 'EINVAL';
}

function refusal(kind: AttachTypeName, fill: (attribute: Attr) => void): string | undefined {
  const insns = program([0xb7, 0, 0, 0], [0x95, 0, 0, 0]);
  let progFd: number | undefined;
  try {
    progFd = progLoad({
      progType: progType('KPROBE'),
      insns,
      license: 'GPL',
      expectedAttachType: attachType(kind),
    });
    closeFd(linkCreate({ progFd, targetFd: 0, attachType: attachType(kind) }, fill));
    return undefined;
  } catch (error) {
    if (error instanceof SyscallError) return error.code;
    throw error;
  } finally {
    if (progFd !== undefined) closeFd(progFd);
  }
}
