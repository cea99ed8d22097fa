/** Files of test/fixtures, and the running kernel's BTF where there is one. */

import { existsSync, readFileSync } from 'node:fs';

const folder = new URL('./fixtures/', import.meta.url);

/** Bytes of a fixture: a plain Uint8Array, as a browser would have. */
export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(name, folder)));
}

export function fixtureText(name: string): string {
  return readFileSync(new URL(name, folder), 'utf8');
}

export const VMLINUX = '/sys/kernel/btf/vmlinux';

/** Why tests against the running kernel's BTF can't run here, if they can't. */
export const noVmlinux: string | undefined = existsSync(VMLINUX) ? undefined : `no ${VMLINUX}`;

export function vmlinux(): Uint8Array {
  return new Uint8Array(readFileSync(VMLINUX));
}
