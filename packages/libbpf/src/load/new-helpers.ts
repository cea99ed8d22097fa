/**
 * Helpers that are younger than the oldest kernel that is supported, 5.10: their names and releases. Their numbers follow each other
 * (linux/include/uapi/linux/bpf.h, `___BPF_FUNC_MAPPER`); there have been no new ones since 6.2, kernel functions took their place.
 */

const FIRST = 156;

const BY_RELEASE: readonly (readonly [since: string, names: string])[] = [
  [
    '5.11',
    'task_storage_get task_storage_delete get_current_task_btf bprm_opts_set ktime_get_coarse_ns ima_inode_hash sock_from_file',
  ],
  ['5.12', 'check_mtu'],
  ['5.13', 'for_each_map_elem snprintf'],
  ['5.14', 'sys_bpf btf_find_by_name_kind sys_close'],
  [
    '5.15',
    'timer_init timer_set_callback timer_start timer_cancel get_func_ip get_attach_cookie task_pt_regs',
  ],
  ['5.16', 'get_branch_snapshot trace_vprintk skc_to_unix_sock kallsyms_lookup_name'],
  ['5.17', 'find_vma loop strncmp get_func_arg get_func_ret get_func_arg_cnt'],
  [
    '5.18',
    'get_retval set_retval xdp_get_buff_len xdp_load_bytes xdp_store_bytes copy_from_user_task skb_set_tstamp ima_file_hash',
  ],
  [
    '5.19',
    'kptr_xchg map_lookup_percpu_elem skc_to_mptcp_sock dynptr_from_mem ringbuf_reserve_dynptr ringbuf_submit_dynptr ringbuf_discard_dynptr dynptr_read dynptr_write dynptr_data',
  ],
  [
    '6.0',
    'tcp_raw_gen_syncookie_ipv4 tcp_raw_gen_syncookie_ipv6 tcp_raw_check_syncookie_ipv4 tcp_raw_check_syncookie_ipv6',
  ],
  ['6.1', 'ktime_get_tai_ns user_ringbuf_drain'],
  ['6.2', 'cgrp_storage_get cgrp_storage_delete'],
];

const HELPERS = BY_RELEASE.flatMap(([since, names]) =>
  names.split(' ').map((name) => ({ name: `bpf_${name}`, since })),
);

/** A helper by number; `undefined` for those that every supported kernel has, and for numbers that stand for none. */
export function newHelper(
  number: number,
): { readonly name: string; readonly since: string } | undefined {
  return HELPERS[number - FIRST];
}
