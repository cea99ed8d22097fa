/** The command line of `selftest`. */

import { parseArgs } from 'node:util';

export const usage = `usage: selftest [PATTERN] [options]

  PATTERN            regular expression on "file: test name"; one that matches names of files selects from these alone
  --list             name the tests and run none
  --json             an object a line instead of text
  --vm VERSION,…     run in QEMU on Debian's kernels of these versions, for example 5.10,6.1,6.12,7.2
  --kernel FILE      run in QEMU on this kernel image; may be given again
  --accel tcg|kvm    emulate the guests' processors (the default), or use KVM
  --jobs N           guests at the same time (default: one a core)
  --time-limit SEC   for one guest (default: 1500)
  --table            write the results of this run into the table of selftests/README.md
`;

export interface Options {
  readonly pattern: string | undefined;
  readonly list: boolean;
  readonly json: boolean;
  readonly help: boolean;
  readonly table: boolean;
  /** Kernel versions for guests. */
  readonly vm: readonly string[];
  /** Kernel images for guests. */
  readonly kernel: readonly string[];
  readonly accel: 'tcg' | 'kvm';
  readonly jobs: number | undefined;
  /** Seconds. */
  readonly timeLimit: number;
}

/** @throws Error naming the argument that is wrong */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
      table: { type: 'boolean', default: false },
      vm: { type: 'string', default: '' },
      kernel: { type: 'string', multiple: true, default: [] },
      accel: { type: 'string', default: 'tcg' },
      jobs: { type: 'string' },
      'time-limit': { type: 'string', default: '1500' },
    },
  });
  const { list, json, help, table, kernel, accel } = values;
  if (positionals.length > 1) throw new Error(`one PATTERN expected, found ${positionals.length}`);
  if (positionals[0] !== undefined) new RegExp(positionals[0]);
  if (accel !== 'tcg' && accel !== 'kvm') {
    throw new Error(`--accel: expected tcg or kvm, found "${accel}"`);
  }
  const vm = values.vm.split(',').filter(Boolean);
  for (const version of vm) {
    if (/^\d+\.\d+$/.test(version)) continue;
    throw new Error(`--vm: expected versions like 5.10,6.1, found "${version}"`);
  }
  if (table && (positionals.length > 0 || vm.length + kernel.length === 0)) {
    throw new Error('--table goes with --vm or --kernel, and without a PATTERN');
  }
  return {
    ...{ list, json, help, table, kernel, accel, vm },
    pattern: positionals[0],
    jobs: values.jobs === undefined ? undefined : positive('--jobs', values.jobs),
    timeLimit: positive('--time-limit', values['time-limit']),
  };
}

function positive(option: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error(`${option}: expected a whole number from 1, found "${text}"`);
}
