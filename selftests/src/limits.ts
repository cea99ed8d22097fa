/**
 * Gives up rights, by system calls on the main thread. That is the thread that issues all of a test's own system calls; Node's worker
 * threads keep the rights, which is why this is no sandbox.
 */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { mount } from './mounts.js';
import { type Capability, capabilities, type Limits } from './protocol.js';
import {
  cString,
  type SyscallArgument,
  type SyscallName,
  syscall,
  syscallNumber,
} from './syscalls.js';

const NOBODY = 65534;
const [PR_SET_DUMPABLE, PR_SET_KEEPCAPS] = [4, 8];
const CLONE_NEWNS = 0x20000;
const [MS_REC, MS_PRIVATE] = [0x4000, 0x40000];
const LINUX_CAPABILITY_VERSION_3 = 0x20080522;

export function applyLimits({ user, capabilities: keep, hide = [] }: Limits): void {
  // What the library loads late must not fail because nobody may not read the checkout.
  createRequire(import.meta.url)('koffi');
  hideFolders(hide.filter((folder) => existsSync(folder)));
  if (user === 'nobody') becomeNobody();
  if (user === 'nobody' || keep !== undefined) keepCapabilities(keep ?? []);
}

function hideFolders(folders: readonly string[]): void {
  if (folders.length === 0) return;
  must('unshare', CLONE_NEWNS);
  must('mount', 0, cString('/'), 0, MS_REC | MS_PRIVATE, 0);
  for (const folder of folders) mount('tmpfs', folder, 'mode=755');
}

function becomeNobody(): void {
  must('prctl', PR_SET_KEEPCAPS, 1);
  must('setgroups', 0, 0);
  must('setresgid', NOBODY, NOBODY, NOBODY);
  must('setresuid', NOBODY, NOBODY, NOBODY);
  must('prctl', PR_SET_DUMPABLE, 1); // or /proc/self would be root's
}

/** capset(2): header and two 32-bit words each of effective, permitted and inheritable. */
function keepCapabilities(names: readonly Capability[]): void {
  const header = new ArrayBuffer(8);
  new Uint32Array(header)[0] = LINUX_CAPABILITY_VERSION_3;
  const data = new ArrayBuffer(24);
  const words = new Uint32Array(data);
  for (const name of names) {
    const bit = capabilities[name];
    const word = bit < 32 ? 0 : 3;
    for (const set of [0, 1]) words[word + set] = (words[word + set] ?? 0) | (1 << (bit % 32));
  }
  must('capset', header, data);
}

function must(name: SyscallName, ...values: SyscallArgument[]): void {
  const result = syscall(syscallNumber(name), ...values);
  if (result < 0) throw new Error(`${name}: errno ${-result}`);
}
