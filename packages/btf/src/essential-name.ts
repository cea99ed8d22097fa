/**
 * Names with a flavour: `task_struct___old` is `task_struct` as some other kernel has it. The part after the separator is for the
 * compiler only, which takes one type of a name.
 *
 * Rule: libbpf `src/libbpf.c`, bpf_core_essential_name_len.
 */

/** What stands before a flavour. */
export const FLAVOUR = '___';

/** `name` without its flavour: up to the last `___` that stands between two other characters. */
export function essentialName(name: string): string {
  for (let at = name.lastIndexOf(FLAVOUR); at > 0; at = name.lastIndexOf(FLAVOUR, at - 1)) {
    if (name[at - 1] !== '_' && at + 3 < name.length && name[at + 3] !== '_')
      return name.slice(0, at);
  }
  return name;
}
