/**
 * Trials of kernel features that take more than a call: each answers whether the running kernel passes it.
 */

import { SyscallError } from '../errors.js';
import { btfName } from '../info/btf-info.js';
import { mapType, progType } from '../open/constants.js';
import { btfLoad, mapCreate, progBindMap, progLoad } from '../sys/bpf.js';
import { closeFd } from '../sys/fd.js';
import { kernelSymbols } from './kallsyms.js';
import { BTF_KINDS, probeBtf } from './probe-btf.js';
import { program } from './program-bytes.js';

const SOCKET_FILTER = progType('SOCKET_FILTER');
/** A program that returns 0. */
export const EXIT: Uint8Array = program([0xb7, 0, 0, 0], [0x95, 0, 0, 0]);

/** Whether a call that makes a descriptor does so. */
export function succeeds(call: () => number): boolean {
  try {
    closeFd(call());
    return true;
  } catch (error) {
    if (error instanceof SyscallError) return false;
    throw error;
  }
}

function withFd<Result>(fd: number, use: (fd: number) => Result): Result {
  try {
    return use(fd);
  } finally {
    closeFd(fd);
  }
}

export function bindsMap(): boolean {
  const map = mapCreate({ mapType: mapType('ARRAY'), keySize: 4, valueSize: 32, maxEntries: 1 });
  return withFd(map, () =>
    withFd(progLoad({ progType: SOCKET_FILTER, insns: EXIT, license: 'GPL' }), (fd) => {
      try {
        progBindMap(fd, map);
        return true;
      } catch (error) {
        if (error instanceof SyscallError) return false;
        throw error;
      }
    }),
  );
}

/** An offset far outside a small array is wrong in any case; which check finds it tells whether the older limit is there. */
export function takesFullRangeOffsets(): boolean {
  const map = mapCreate({ mapType: mapType('ARRAY'), keySize: 4, valueSize: 1, maxEntries: 1 });
  return withFd(map, () => {
    const log = new Uint8Array(1024);
    try {
      const insns = program([0x18, 0x21, 0, map], [0, 0, 0, 1 << 30], [0x95, 0, 0, 0]);
      closeFd(progLoad({ progType: SOCKET_FILTER, insns, license: 'GPL', log, logLevel: 1 }));
      return true;
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      return new TextDecoder().decode(log).includes('invalid access to map value pointer');
    }
  });
}

export function tellsBtfNames(): boolean {
  return withFd(btfLoad(probeBtf(BTF_KINDS.int)), (fd) => btfName(fd) !== undefined);
}

/** Kernel functions of system calls have a name in front that depends on the processor: `__x64_sys_bpf`. */
export function hasSyscallWrapper(): boolean {
  const prefixes: Readonly<Record<string, string>> = {
    x64: '__x64_',
    ia32: '__ia32_',
    arm64: '__arm64_',
    s390x: '__s390x_',
    riscv64: '__riscv_',
  };
  const prefix = prefixes[process.arch];
  if (prefix === undefined) return false;
  const name = `${prefix}sys_bpf`;
  return kernelSymbols(new Set([name])).has(name);
}

/** A global function that hands its argument, tagged as the context, to a helper that needs the context. */
export function loadsArgCtx(): boolean {
  let btfFd: number;
  try {
    btfFd = btfLoad(probeBtf(BTF_KINDS.argCtx));
  } catch (error) {
    if (error instanceof SyscallError) return false;
    throw error;
  }
  return withFd(btfFd, () =>
    succeeds(() =>
      progLoad({
        progType: progType('KPROBE'),
        // call +1; exit; call bpf_get_func_ip; exit
        insns: program([0x85, 0x10, 0, 1], [0x95, 0, 0, 0], [0x85, 0, 0, 173], [0x95, 0, 0, 0]),
        license: 'GPL',
        btfFd,
        funcInfo: {
          recordSize: 8,
          bytes: new Uint8Array(new Uint32Array([0, 4, 2, 6]).buffer),
        },
      }),
    ),
  );
}
