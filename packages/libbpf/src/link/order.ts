/**
 * Where a program goes among others of the same hook (mprog: tcx and netkit 6.6, cgroups 6.17), and optimistic locking by revision.
 */

import type { Attr } from '../sys/attr.js';
import { type Attempt, badOption } from './attachable.js';

/** Somebody in the list: a program or a link, by descriptor or by the kernel's id. */
export type OrderAnchor =
  | { readonly program: { readonly fd: number } | number }
  | { readonly link: { readonly fd: number } | number };

/** Where to go. Without any, at the end. */
export interface OrderOptions {
  /** Just before this one; `'first'` before all. */
  readonly before?: OrderAnchor | 'first';
  /** Just after this one; `'last'` after all. */
  readonly after?: OrderAnchor | 'last';
  /** Only if nobody has changed the list since this revision was seen (of `query…`). */
  readonly expectedRevision?: bigint;
}

export const BPF_F_REPLACE: number = 1 << 2;
const BPF_F_BEFORE = 1 << 3;
const BPF_F_AFTER = 1 << 4;
const BPF_F_ID = 1 << 5;
const BPF_F_LINK = 1 << 13;

/** As the kernel takes it. */
export interface Order {
  readonly flags: number;
  /** Descriptor, or id with BPF_F_ID; 0 for none. */
  readonly relative: number;
  readonly expectedRevision: bigint;
  /** Whether there is anything to say at all: kernels without it take none. */
  readonly isGiven: boolean;
}

export function orderOf(what: Attempt, options: OrderOptions): Order {
  const { before, after, expectedRevision = 0n } = options;
  if (before !== undefined && after !== undefined)
    throw badOption(what, 'only one of before and after can be given');
  const anchor = before ?? after;
  let flags = before !== undefined ? BPF_F_BEFORE : after !== undefined ? BPF_F_AFTER : 0;
  let relative = 0;
  if (typeof anchor === 'object') {
    const isLink = 'link' in anchor;
    const one = isLink ? anchor.link : anchor.program;
    if (isLink) flags |= BPF_F_LINK;
    if (typeof one === 'number') flags |= BPF_F_ID;
    relative = typeof one === 'number' ? one : one.fd;
  }
  return {
    flags,
    relative,
    expectedRevision,
    isGiven: flags !== 0 || expectedRevision !== 0n,
  };
}

/** Puts it where BPF_LINK_CREATE of cgroup, tcx and netkit looks: at 16 and 24. */
export function fillOrder(attribute: Attr, order: Order): void {
  if (order.isGiven) attribute.u32(16, order.relative).u64(24, order.expectedRevision);
}

export const ORDER_HINTS: Readonly<Record<string, string>> = {
  ENOENT: 'the program or link to go before or after is not attached there',
  ESTALE: 'the list has changed since the expected revision',
  ERANGE: 'the list has changed since the expected revision, or there is no place between the two',
};
