/**
 * Links that exist already: by the path they are pinned at, or by id.
 */

import { readlinkSync } from 'node:fs';
import { BpfError, FeatureError, SyscallError } from '../errors.js';
import { linkInfo } from '../info/link-info.js';
import { programInfo } from '../info/program-info.js';
import { getFdById, objGet } from '../sys/bpf.js';
import { closeFd } from '../sys/fd.js';
import { BpfLink } from './bpf-link.js';

/**
 * Opens a link by the path it is pinned at. Closing it detaches only if nothing else holds it: the pin does.
 *
 * @throws BpfError `BPF_LINK_OPEN`
 */
export function openPinnedLink(path: string): BpfLink {
  return opened(`link pinned at "${path}"`, () => objGet(path))._setPinPath(path);
}

/**
 * Opens a link by the kernel's id. Kernel 5.8.
 *
 * @throws BpfError `BPF_LINK_OPEN`
 */
export function openLinkById(id: number): BpfLink {
  return opened(`link with id ${id}`, () => getFdById('link', id));
}

function opened(what: string, open: () => number): BpfLink {
  let fd: number;
  try {
    fd = open();
  } catch (cause) {
    if (cause instanceof SyscallError && cause.code === 'EINVAL')
      throw new FeatureError('links with ids', '5.8', { subject: what, cause });
    const hint = cause instanceof SyscallError ? (HINTS[cause.code] ?? '') : '';
    throw new BpfError(
      'BPF_LINK_OPEN',
      `${what} could not be opened: ${(cause as Error).message}${hint}`,
      {
        cause,
      },
    );
  }
  const found = readlinkSync(`/proc/self/fd/${fd}`);
  if (!/bpf[-_]link|bpf_iter/.test(found)) {
    closeFd(fd);
    throw new BpfError('BPF_LINK_OPEN', `${what} is no link, found ${found}`);
  }
  const { kind, programId } = linkInfo(fd);
  return new BpfLink({ program: programName(programId), way: kind, fds: [fd], isKernelLink: true });
}

const HINTS: Readonly<Record<string, string>> = {
  ENOENT: '; there is none',
  EACCES: '; not permitted',
  EPERM: '; it needs root',
};

/** By id, for messages; ids can only be opened by CAP_SYS_ADMIN. */
function programName(id: number): string {
  if (id === 0) return '';
  let fd: number | undefined;
  try {
    fd = getFdById('prog', id);
    return programInfo(fd).name;
  } catch {
    return `id ${id}`;
  } finally {
    if (fd !== undefined) closeFd(fd);
  }
}
