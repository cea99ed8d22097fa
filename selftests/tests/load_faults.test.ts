// A load that fails leaves nothing behind, whichever kernel call it is that fails: no descriptor, no mapping, no pin.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isBpfError, openObject } from '@libbpf-ts/libbpf';
import { forgetAnswers, injectFaults } from '@libbpf-ts/libbpf/internal';
import { assert, features, test } from '#harness';
import { corpusObjects } from '#paths';

const FOLDER = '/sys/fs/bpf/load_faults';
const ERRNOS = { EPERM: 1, ENOMEM: 12, EINVAL: 22 } as const;

/** Opens, changes and loads an object, and closes it again. */
function loadOnce(bytes: Uint8Array): void {
  using object = openObject(bytes, { name: 'faults', pinRootPath: FOLDER });
  for (const map of object.maps.values()) if (!map.isInternal) map.pinPath = join(FOLDER, map.name);
  object.load();
  rmSync(FOLDER, { recursive: true });
  mkdirSync(FOLDER);
}

function openThings(): string[] {
  const fds = readdirSync('/proc/self/fd').length;
  const mapped = readFileSync('/proc/self/maps', 'utf8').match(/anon_inode:bpf-map/g)?.length ?? 0;
  return [`${fds} descriptors`, `${mapped} mappings`, ...readdirSync(FOLDER)];
}

function countCalls(run: () => void): number {
  let count = 0;
  injectFaults(() => {
    count++;
    return 0;
  });
  try {
    run();
  } finally {
    injectFaults(undefined);
  }
  return count;
}

/** @returns what failed, `undefined` if the load succeeded all the same */
function loadWithFault(
  bytes: Uint8Array,
  nth: number,
  errno: number,
  lasting: boolean,
): string | undefined {
  let at = 0;
  let failed = '';
  injectFaults((syscall, command) => {
    const isHit = lasting ? at >= nth : at === nth;
    at++;
    if (!isHit) return 0;
    failed ||= command ?? syscall;
    return errno;
  });
  try {
    loadOnce(bytes);
    return undefined;
  } catch (error) {
    assert.ok(isBpfError(error) || (error as Error).name === 'SyscallError', String(error));
    return failed;
  } finally {
    injectFaults(undefined);
  }
}

for (const name of [
  'data-plain',
  'maps-in-map',
  'maps-prog-array',
  'calls-static',
  'core-fields',
]) {
  test(
    `${name}: each kernel call fails once, with each errno, and nothing stays`,
    (t) => {
      mkdirSync(FOLDER, { recursive: true });
      t.after(() => rmSync(FOLDER, { recursive: true, force: true }));
      t.after(forgetAnswers);
      const path = join(corpusObjects, `${name}.bpf.o`);
      assert.ok(existsSync(path), path);
      const bytes = readFileSync(path);
      loadOnce(bytes); // Features are asked for once: not with faults.
      const calls = countCalls(() => loadOnce(bytes));
      assert.ok(calls >= 3, `${calls} calls`);
      const before = openThings();
      for (const [errno, number] of Object.entries(ERRNOS)) {
        for (const lasting of [false, true]) {
          let failures = 0;
          for (let nth = 0; nth < calls; nth++) {
            const failed = loadWithFault(bytes, nth, number, lasting);
            if (failed !== undefined) failures++;
            const what = `call ${nth} ${lasting ? 'and all after it' : ''} (${failed}) with ${errno}`;
            assert.deepEqual(openThings(), before, what);
          }
          // A single failure may be survived: BTF is left out, a program is tried again for its log.
          if (lasting) assert.ok(failures > 0, `all failures with ${errno} were survived`);
        }
      }
    },
    { needs: [features.bpffs], timeoutMs: 60_000 },
  );
}
