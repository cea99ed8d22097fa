/**
 * Names that the loader and the skeleton generator must agree on: those of internal maps in the kernel, and of the fields they
 * are reached by.
 *
 * The rules are libbpf's (internal_map_name in libbpf.c) and bpftool's (get_map_ident in gen.c).
 */

import { BPF_OBJ_NAME_LENGTH } from './constants.js';

/** What the kernel calls the map of a data section: `runqslow.rodata`; custom sections keep their own name, cut to 15. */
export function internalMapName(objectName: string, section: string): string {
  const custom = section.indexOf('.', 1) !== -1;
  const prefixLength = Math.min(
    BPF_OBJ_NAME_LENGTH - Math.max(7, section.length),
    objectName.length,
  );
  const prefix = custom ? '' : objectName.slice(0, Math.max(0, prefixLength));
  return (prefix + section).slice(0, BPF_OBJ_NAME_LENGTH).replace(/[^A-Za-z0-9_.]/g, '_');
}

/** `.data.my-sec` → `data_my_sec`. */
export function sectionIdentifier(section: string): string {
  return sanitizeIdentifier(section.replace(/^\./, ''));
}

/** Every character that no C identifier may hold becomes `_`. */
export function sanitizeIdentifier(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/g, '_');
}

/** The object's name when nobody gives one: the file's base name up to its first dot. */
export function objectNameOf(file: string): string {
  const base = file.slice(file.lastIndexOf('/') + 1);
  const dot = base.indexOf('.');
  return dot > 0 ? base.slice(0, dot) : base;
}
