/**
 * Values that mean something to the kernel alone: user space may not fill them in, and reads bytes that tell it nothing.
 */

/** linux/include/uapi/linux/bpf.h: structs that a map's value may hold for helpers and kfuncs. */
const STRUCTS: ReadonlySet<string> = new Set([
  'bpf_spin_lock',
  'bpf_res_spin_lock',
  'bpf_timer',
  'bpf_wq',
  'bpf_task_work',
  'bpf_list_head',
  'bpf_list_node',
  'bpf_rb_root',
  'bpf_rb_node',
  'bpf_refcount',
]);

/** linux/kernel/bpf/btf.c, fields that hold a reference of the kernel's. */
const POINTER_TAGS: ReadonlySet<string> = new Set([
  'kptr',
  'kptr_ref',
  'kptr_untrusted',
  'percpu_kptr',
  'uptr',
]);

/** Whether a struct of that name is for helpers and kfuncs only: `bpf_spin_lock`, `bpf_timer`. */
export function isKernelOnlyStruct(name: string): boolean {
  return STRUCTS.has(name);
}

/** Whether a type tag makes a pointer one that the kernel manages: `kptr`, `uptr`. */
export function isKernelPointerTag(tag: string): boolean {
  return POINTER_TAGS.has(tag);
}
