/**
 * Bytes that no compiler wrote: fields overwritten with 0, -1 and huge numbers, one by one. Whatever is asked of them, the
 * answer is a value or a BtfError, soon.
 */

import {
  CoreKind,
  createCoreContext,
  dedupBtf,
  formatRaw,
  isBtfError,
  parseBtf,
  parseBtfExt,
  relocateCore,
  validateBtf,
} from '@libbpf-ts/btf';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cpuTime } from './cpu-time.js';
import { fixture } from './load-fixture.js';

const test = suite('hostile input');

const VALUES = [0, 1, 0xffffffff, 0x7fffffff, 0x80000000, 0xffffff, 0x00010000];

/** Runs `call`; an error that is none of ours, or comes late, is a failure. */
function survives(what: string, call: () => void): boolean {
  const start = cpuTime();
  let threw = false;
  try {
    call();
  } catch (error) {
    if (!isBtfError(error)) throw new Error(`${what}: ${String((error as Error).stack)}`);
    assert.ok(error.offset === undefined || Number.isInteger(error.offset));
    threw = true;
  }
  assert.ok(cpuTime() - start < 1000, `${what}: took ${cpuTime() - start} ms`);
  return threw;
}

function everything(bytes: Uint8Array): void {
  const btf = parseBtf(bytes);
  survives('raw', () => formatRaw(btf));
  survives('validate', () => validateBtf(btf));
  survives('dedup', () => dedupBtf(btf));
  survives('names', () => btf.findByName('node'));
  survives('pointer size', () => btf.pointerSize);
  for (let id = 0; id < btf.typeCount; id++) {
    survives('type', () => btf.type(id));
    survives('size', () => btf.sizeOf(id));
    survives('align', () => btf.alignOf(id));
    survives('resolve', () => btf.resolve(id));
  }
}

test('every word of a BTF set to odd values', () => {
  const original = fixture('kinds.el.btf');
  const view = new DataView(original.buffer);
  const end = 24 + view.getUint32(12, true);
  let refused = 0;
  for (let at = 0; at < end; at += 4) {
    for (const value of VALUES) {
      const bytes = original.slice();
      new DataView(bytes.buffer).setUint32(at, value, true);
      if (survives(`word ${at} = ${value}`, () => everything(bytes))) refused++;
    }
  }
  assert.ok(refused > 100);
});

test('every word of a BTF.ext set to odd values', () => {
  const btf = parseBtf(fixture('kinds.el.btf'));
  const original = fixture('kinds.el.btfext');
  for (let at = 0; at + 4 <= original.length; at += 4) {
    for (const value of VALUES) {
      const bytes = original.slice();
      new DataView(bytes.buffer).setUint32(at, value, true);
      survives(`word ${at} = ${value}`, () => {
        parseBtfExt(bytes, btf);
        dedupBtf(btf, { ext: bytes });
      });
    }
  }
});

test('CO-RE on types of which a word is odd, on either side', () => {
  const local = fixture('core-local.btf');
  const ext = parseBtfExt(fixture('core-local.btfext'), parseBtf(local));
  const target = fixture('core-target.btf');
  for (const side of ['local', 'target']) {
    const original = side === 'local' ? local : target;
    const end = 24 + new DataView(original.buffer).getUint32(12, true);
    for (let at = 24; at < end; at += 4 * 3) {
      for (const value of [0, 1, 0xffffffff, 0x04000002]) {
        const bytes = original.slice();
        new DataView(bytes.buffer).setUint32(at, value, true);
        survives(`${side} word ${at} = ${value}`, () => {
          const context = createCoreContext(parseBtf(side === 'local' ? bytes : local), [
            { name: 'vmlinux', btf: parseBtf(side === 'local' ? target : bytes) },
          ]);
          for (const { records } of ext.coreRelocations)
            for (const record of records) relocateCore(context, record);
        });
      }
    }
  }
});

test('relocations of every kind from every type', () => {
  const btf = parseBtf(fixture('kinds.el.btf'));
  const context = createCoreContext(btf, [{ name: 'self', btf }]);
  for (let typeId = 0; typeId < btf.typeCount + 2; typeId++) {
    for (const kind of Object.values(CoreKind)) {
      for (const accessString of ['0', '0:0', '1:2:0', '']) {
        const result = relocateCore(context, { insnOffset: 0, typeId, accessString, kind });
        assert.type(result.ok, 'boolean');
      }
    }
  }
});

test.run();
