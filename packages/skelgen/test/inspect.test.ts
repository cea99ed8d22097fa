import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inspectFile } from '../src/commands/inspect.js';

const test = suite('inspect');

function fixture(name: string): string {
  return fileURLToPath(new URL(`../../libbpf/test/fixtures/${name}.bpf.o`, import.meta.url));
}

test('sections, programs, functions, maps', () => {
  assert.is(
    inspectFile(fixture('maps-prog-array')),
    `Object
  name "maps_prog_array_bpf", license "GPL", little-endian, 23 BTF types

Sections
  .text  0 bytes
  raw_tp/sys_enter  80 bytes
  .maps  48 bytes
  license  4 bytes
  .BTF  697 bytes
  .BTF.ext  144 bytes

Programs
  tail_one  SEC("raw_tp/sys_enter"), RAW_TRACEPOINT, 2 instructions
  tail_two  SEC("raw_tp/sys_enter"), RAW_TRACEPOINT, 2 instructions
  entry  SEC("raw_tp/sys_enter"), RAW_TRACEPOINT, 6 instructions, uses jumps

Maps
  jumps  PROG_ARRAY, key 4, value 4, 3 entries, slot 0 = tail_one, slot 2 = tail_two
`,
  );
});

test('globals with their types, externs, CO-RE relocations', () => {
  assert.match(
    inspectFile(fixture('data-custom')),
    / {2}\.rodata\.three\+0 {2}three: const volatile int, 4 bytes, global\n/,
  );
  assert.match(
    inspectFile(fixture('kconfig-values')),
    / {2}CONFIG_DEFAULT_HOSTNAME: char\[8\] {2}kconfig, weak\n/,
  );
  assert.match(
    inspectFile(fixture('kfunc-address')),
    / {2}bpf_rcu_read_lock {2}ksym function, weak\n/,
  );
  assert.match(
    inspectFile(fixture('core-guarded')),
    / {2}guarded, instruction \d+: field_exists of struct task_struct___future\.field_of_the_year_2525 \(0:0 @ offset 0\)\n/,
  );
  assert.match(
    inspectFile(fixture('struct-ops-local')),
    /\.ssthresh = ssthresh, \.undo_cwnd = undo/,
  );
});

test('what cannot be opened names the file', () => {
  assert.throws(
    () => inspectFile(fixture('maps-legacy')),
    /maps-legacy\.bpf\.o: section "maps" holds map definitions of the old form/,
  );
});

test.run();
