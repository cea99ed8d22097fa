/**
 * Network interfaces by name or number, in the network namespace of this thread.
 */

import { existsSync, readdirSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { BpfError, didYouMean } from '../errors.js';
import { keepAliveDuring } from '../sys/keep-alive.js';
import { addressOf, libc } from '../sys/native.js';
import { type Attempt, noTarget } from './attachable.js';

/** An interface: `eth0`, or its number. */
export type InterfaceName = string | number;

/** The interface's number. @throws BpfError `BPF_NO_ATTACH_TARGET` with near matches */
export function interfaceIndex(what: Attempt | undefined, interface_: InterfaceName): number {
  if (typeof interface_ === 'number') {
    if (Number.isInteger(interface_) && interface_ > 0) {
      if (hasIndex(interface_)) return interface_;
      throw noInterface(what, `there is no network interface ${interface_}`);
    }
    throw noInterface(what, `interface number ${interface_} is out of range, expected 1 or more`);
  }
  // sysfs may show another namespace than this thread is in, the C library never does.
  const index = libc('uint if_nametoindex(const char *name)')(interface_);
  if (index !== 0) return index;
  throw noInterface(
    what,
    `there is no network interface "${interface_}"${didYouMean(interface_, names())}`,
  );
}

const IF_NAMESIZE = 16;

function hasIndex(index: number): boolean {
  const name = new ArrayBuffer(IF_NAMESIZE);
  const find = libc('intptr_t if_indextoname(uint index, intptr_t name)');
  return keepAliveDuring(name, () => Number(find(index, addressOf(name))) !== 0);
}

function noInterface(what: Attempt | undefined, problem: string): BpfError {
  if (what !== undefined) return noTarget(what, problem);
  return new BpfError('BPF_NO_ATTACH_TARGET', problem);
}

/** For messages alone. */
function names(): string[] {
  const known = new Set(Object.keys(networkInterfaces()));
  if (existsSync('/sys/class/net'))
    for (const name of readdirSync('/sys/class/net')) known.add(name);
  return [...known];
}

/** For messages. */
export function describeInterface(interface_: InterfaceName): string {
  return typeof interface_ === 'number' ? `interface ${interface_}` : interface_;
}
