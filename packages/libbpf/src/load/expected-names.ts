/**
 * Names that a load will look up in the kernel's BTF, told before the first look-up: finding them together is what makes the
 * first load of a process quick. A name that is missing here is found all the same.
 */

import { essentialName } from '@libbpf-ts/btf';
import type { ObjectSpec, ProgramSpec } from '../open/object-spec.js';
import { attachTargetName } from './attach-target.js';

/** Types that CO-RE relocations start from. */
export function coreTypeNames({ btf, programs, subprograms }: ObjectSpec): Set<string> {
  const names = new Set<string>();
  if (btf === undefined) return names;
  const ids = new Set<number>();
  for (const { coreRelocations } of [...programs.filter(isWanted), ...subprograms])
    for (const { typeId } of coreRelocations) ids.add(typeId);
  // Ids that are not there are for CO-RE to complain about.
  for (const id of ids) if (id < btf.typeCount) names.add(essentialName(btf.nameOf(id)));
  return names;
}

/** What else is looked up: externs, attach targets, struct_ops. */
export function kernelNames(object: ObjectSpec): Set<string> {
  const names = new Set<string>();
  for (const { kind, name } of object.externs) if (kind === 'ksym') names.add(essentialName(name));
  for (const program of object.programs.filter(isWanted)) {
    const target = attachTargetName(program);
    if (target !== undefined) names.add(target);
  }
  return names;
}

function isWanted({ autoload }: ProgramSpec): boolean {
  return autoload;
}
