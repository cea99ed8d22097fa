/**
 * The running kernel's version as programs see it in LINUX_KERNEL_VERSION.
 *
 * `uname -r` does not tell on all distributions: Ubuntu keeps the real one in /proc/version_signature, Debian in `uname -v`. The
 * rule is libbpf's (get_kernel_version in libbpf_probes.c).
 */

import { readFileSync } from 'node:fs';
import { release, version } from 'node:os';

let known: number | undefined;

/** `major << 16 | minor << 8 | patch`, patch at most 255; 0 if nothing tells. */
export function kernelVersionCode(): number {
  known ??= readVersionCode();
  return known;
}

function readVersionCode(): number {
  return (
    versionCode(/^\S+ \S+ (\d+)\.(\d+)\.(\d+)/, ubuntuSignature()) ??
    versionCode(/Debian (\d+)\.(\d+)\.(\d+)/, version()) ??
    versionCode(/^(\d+)\.(\d+)\.(\d+)/, release()) ??
    0
  );
}

function ubuntuSignature(): string {
  try {
    return readFileSync('/proc/version_signature', 'utf8');
  } catch {
    return '';
  }
}

/** @internal for tests */
export function versionCode(pattern: RegExp, text: string): number | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [major, minor, patch] = match.slice(1).map(Number) as [number, number, number];
  return (major << 16) + (minor << 8) + Math.min(patch, 255);
}
