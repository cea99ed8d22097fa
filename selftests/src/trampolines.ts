/**
 * Whether this kernel refuses BPF trampolines (fentry, fexit, fmod_ret, LSM) outright although it is built with them, as the kernels
 * of some virtual machines do that may not patch their own code.
 *
 * Found out by bpf(2) alone, without the library: a tp_btf program of two instructions loads, and the same as fentry gives EPERM.
 */

import { closeSync, readFileSync } from 'node:fs';
import { BtfKind, parseBtf } from '@libbpf-ts/btf';
import { addressOf, bpf } from './syscalls.js';

const BPF_PROG_LOAD = 5;
const BPF_PROG_TYPE_TRACING = 26;
const BPF_TRACE_RAW_TP = 23;
const BPF_TRACE_FENTRY = 24;
const EPERM = 1;

let answer: boolean | undefined;

export function refusesTrampolines(): boolean {
  answer ??= ask();
  return answer;
}

function ask(): boolean {
  let btf: ReturnType<typeof parseBtf>;
  try {
    btf = parseBtf(readFileSync('/sys/kernel/btf/vmlinux'));
  } catch {
    return false;
  }
  const tracepoint = btf.findByNameAndKind('btf_trace_sched_switch', BtfKind.TYPEDEF);
  const target = btf.findByNameAndKind('bpf_fentry_test1', BtfKind.FUNC);
  if (tracepoint === undefined || target === undefined) return false;
  return load(BPF_TRACE_RAW_TP, tracepoint) === 0 && load(BPF_TRACE_FENTRY, target) === EPERM;
}

/** Loads `return 0`. @returns 0 or the errno */
function load(attachType: number, btfId: number): number {
  const instructions = new Uint8Array([
    0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0,
  ]).slice().buffer;
  const license = new TextEncoder().encode('GPL\0').slice().buffer;
  const attribute = new ArrayBuffer(120);
  const view = new DataView(attribute);
  view.setUint32(0, BPF_PROG_TYPE_TRACING, true);
  view.setUint32(4, 2, true);
  view.setBigUint64(8, addressOf(instructions), true);
  view.setBigUint64(16, addressOf(license), true);
  view.setUint32(68, attachType, true);
  view.setUint32(108, btfId, true);
  const fd = bpf(BPF_PROG_LOAD, attribute);
  if (fd < 0) return -fd;
  closeSync(fd);
  return 0;
}
