/**
 * Section name → link: what `attach()` does when nobody says otherwise.
 */

import { BpfError, FeatureError, SyscallError } from '../errors.js';
import type { BpfProgram } from '../program.js';
import { rawTracepointOpen } from '../sys/bpf.js';
import { BpfLink } from './bpf-link.js';

/**
 * Attaches by what the section name says.
 *
 * @returns `undefined` when the section names no target (`SEC("uprobe")`), so that only a method that does can attach it
 * @throws BpfError `BPF_NOT_ATTACHABLE` for kinds that a section name alone never attaches
 */
export function attachBySection(program: BpfProgram): BpfLink | undefined {
  const definition = program.spec.sectionDefinition;
  const section = program.spec.section.replace(/^\?/, '');
  const extras = definition === undefined ? '' : section.slice(definition.name.length + 1);
  switch (definition?.attach) {
    case 'trace':
    case 'lsm':
      return attachTrace(program);
    case 'raw_tracepoint':
      return extras === '' ? undefined : attachRawTracepoint(program, extras);
    default:
      throw new BpfError(
        'BPF_NOT_ATTACHABLE',
        `program "${program.name}": section "${section}" does not say what to attach it to; use one of the attach methods`,
        { program: program.name, section },
      );
  }
}

/** Programs whose target was fixed at load: tp_btf, fentry, fexit, fmod_ret, lsm. */
export function attachTrace(program: BpfProgram): BpfLink {
  return link(program, program.spec.section, () => rawTracepointOpen(undefined, program.fd));
}

/** @param tracepoint - its name, without category: `sys_enter` */
export function attachRawTracepoint(program: BpfProgram, tracepoint: string): BpfLink {
  return link(program, `raw_tracepoint ${tracepoint}`, () =>
    rawTracepointOpen(tracepoint, program.fd),
  );
}

function link(program: BpfProgram, way: string, open: () => number): BpfLink {
  try {
    return new BpfLink(open(), { program: program.name, way });
  } catch (cause) {
    if (!(cause instanceof SyscallError)) throw cause;
    const facts = { program: program.name, section: program.spec.section, cause };
    if (cause.code === 'ENOENT')
      throw new BpfError(
        'BPF_NO_ATTACH_TARGET',
        `program "${program.name}": the running kernel has no ${way}`,
        facts,
      );
    if (cause.code === 'EBUSY' || cause.code === 'EEXIST')
      throw new BpfError(
        'BPF_BUSY',
        `program "${program.name}" is attached already (${way}); close its link first`,
        facts,
      );
    if (cause.code === 'ENOTSUPP' || cause.code === 'EOPNOTSUPP')
      throw new FeatureError(`way to attach by ${way}`, undefined, {
        ...facts,
        subject: `program "${program.name}"`,
      });
    throw new BpfError(
      'BPF_ATTACH',
      `program "${program.name}" (${way}) could not be attached: ${cause.code}`,
      facts,
    );
  }
}
