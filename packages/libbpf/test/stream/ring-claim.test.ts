import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { claimRing } from '../../src/stream/ring-claim.js';

const test = suite('ring claim');

test('a second user is refused until the first lets go', () => {
  const page = new ArrayBuffer(4096);
  const first = claimRing(page, 'ring buffer "r"');
  assert.throws(
    () => claimRing(page, 'ring buffer "r"'),
    /^ring buffer "r": this thread uses it already, and a ring has one user; share the stream, or close it first$/,
  );
  first.release();
  const second = claimRing(page, 'r');
  first.release();
  assert.throws(
    () => claimRing(page, 'r'),
    /uses it already/,
    'releasing twice takes nothing from others',
  );
  second.release();
});

test('the claim of a thread that is gone counts for nothing', () => {
  const page = new ArrayBuffer(4096);
  claimRing(page, 'r');
  const words = new Int32Array(page);
  const thread = words.indexOf(process.pid);
  assert.ok(thread > 0, 'the thread is noted');
  words[thread] = 0x3fff_ffff;
  claimRing(page, 'r').release();
});

test('the claim of another thread with the same number counts for nothing', () => {
  const page = new ArrayBuffer(4096);
  claimRing(page, 'r');
  const words = new Int32Array(page);
  const thread = words.indexOf(process.pid);
  words[thread + 1]! ^= 1;
  claimRing(page, 'r').release();
});

test('leaves the positions alone', () => {
  const page = new ArrayBuffer(4096);
  claimRing(page, 'r').release();
  assert.equal(new Uint8Array(page, 0, 2048), new Uint8Array(2048));
});

test.run();
