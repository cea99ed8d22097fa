/**
 * Section name → link: what `attach()` does when nobody says otherwise.
 */

import type { LoadedBpfProgram } from '../program.js';
import type { Attachable } from './attachable.js';
import { badOption } from './attachable.js';
import type { BpfLink } from './bpf-link.js';
import { isGlob } from './glob.js';
import { attachIter } from './iter.js';
import { attachKprobe } from './kprobe.js';
import { attachKprobeMulti } from './kprobe-multi.js';
import { attachKsyscall } from './ksyscall.js';
import { attachRawTracepoint } from './raw-tracepoint.js';
import { attachFreplace, attachTrace } from './trace.js';
import { attachTracepoint } from './tracepoint.js';
import { attachUprobe } from './uprobe.js';
import { attachUprobeMulti } from './uprobe-multi.js';
import { attachUsdt } from './usdt.js';

/**
 * Attaches by what the section name says.
 *
 * @returns `undefined` when the section names no target (`SEC("uprobe")`), so that only a method that does can attach it
 * @throws BpfError `BPF_ATTACH_OPTIONS` when it names one in a form that is not known
 */
export function attachBySection(program: Attachable): BpfLink | undefined {
  const definition = program.spec.sectionDefinition;
  if (definition?.attach === undefined) return undefined;
  const section = program.section.replace(/^\?/, '');
  const target = section.slice(definition.name.length + 1);
  switch (definition.attach) {
    case 'trace':
    case 'lsm':
      return attachTrace(program);
    case 'freplace':
      return attachFreplace(program);
    case 'iter':
      return attachIter(program);
    case 'custom':
      return definition.handler?.attach?.(program as Attachable & LoadedBpfProgram);
  }
  if (target === '') return undefined;
  switch (definition.attach) {
    case 'kprobe':
      return attachKprobe(program, parseKprobe(program, target));
    case 'ksyscall':
      return attachKsyscall(program, { syscall: target });
    case 'kprobe_multi':
      return attachKprobeMulti(program, { pattern: target });
    case 'uprobe':
      return attachUprobe(program, parseUprobe(program, target));
    case 'uprobe_multi':
      return attachUprobeMulti(program, parseUprobeMulti(program, target));
    case 'usdt':
      return attachUsdt(program, parseUsdt(program, target));
    case 'tracepoint':
      return attachTracepoint(program, parseTracepoint(program, target));
    case 'raw_tracepoint':
      return attachRawTracepoint(program, { name: target });
  }
}

/** `function` or `function+0x10`. */
function parseKprobe(program: Attachable, target: string): { function: string; offset: number } {
  const match = /^([\w.]+)(?:\+(\d+|0x[0-9a-fA-F]+))?$/.exec(target);
  if (match === null) throw unreadable(program, 'kprobe/FUNCTION or kprobe/FUNCTION+OFFSET');
  return { function: match[1]!, offset: Number(match[2] ?? 0) };
}

/** `path:function`, `path:function+0x10` or `path:0x1234`. */
function parseUprobe(program: Attachable, target: string) {
  const match = /^(.+):([^:+]+)(?:\+(\d+|0x[0-9a-fA-F]+))?$/.exec(target);
  if (match === null)
    throw unreadable(program, 'uprobe/PATH:FUNCTION or uprobe/PATH:FUNCTION+OFFSET');
  const [, path, place, offset] = match;
  if (/^(\d+|0x[0-9a-fA-F]+)$/.test(place!)) return { path: path!, offset: Number(place) };
  return { path: path!, function: place!, offset: Number(offset ?? 0) };
}

function parseUprobeMulti(program: Attachable, target: string) {
  const colon = target.lastIndexOf(':');
  if (colon <= 0 || colon === target.length - 1)
    throw unreadable(program, 'uprobe.multi/PATH:PATTERN');
  const pattern = target.slice(colon + 1);
  const path = target.slice(0, colon);
  return isGlob(pattern) ? { path, pattern } : { path, functions: [pattern] };
}

/** `path:provider:name`. */
function parseUsdt(program: Attachable, target: string) {
  const match = /^(.+):([^:]+):([^:]+)$/.exec(target);
  if (match === null) throw unreadable(program, 'usdt/PATH:PROVIDER:NAME');
  return { path: match[1]!, provider: match[2]!, name: match[3]! };
}

function parseTracepoint(program: Attachable, target: string) {
  const slash = target.indexOf('/');
  if (slash <= 0 || slash === target.length - 1) throw unreadable(program, 'tp/CATEGORY/NAME');
  return { category: target.slice(0, slash), name: target.slice(slash + 1) };
}

function unreadable(program: Attachable, expected: string) {
  return badOption(
    { program, way: program.section },
    `section name not understood, expected SEC("${expected}")`,
  );
}
