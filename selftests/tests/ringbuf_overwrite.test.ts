// A ring buffer that replaces old records, Linux 6.19: what is read is whole and in order, with the oldest missing.

import { assert, features, getpgid, test } from '#harness';
import { RingbufOverwriteBpf } from '../build/ringbuf_overwrite.skel.js';

test(
  'old records make room for new ones',
  (t) => {
    const opened = RingbufOverwriteBpf.open();
    t.after(() => opened.close());
    const skel = opened.load();
    skel.bss.tgid = process.pid;
    skel.attach();
    const stream = skel.maps.records.open();

    for (let count = 0; count < 10; count++) getpgid();
    assert.deepEqual(
      stream.take().map(({ seq }) => seq),
      [0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n],
    );

    for (let count = 0; count < 1000; count++) getpgid();
    assert.equal(skel.bss.dropped, 0n);
    const numbers = stream.take().map(({ seq }) => Number(seq));
    const made = Number(skel.bss.seq);
    assert.ok(
      numbers.length > 200 && numbers.length <= 256,
      `${numbers.length} of 16 bytes in a page`,
    );
    assert.deepEqual(
      numbers,
      Array.from(numbers, (_, index) => made - numbers.length + index),
    );
    assert.deepEqual(stream.take(), []);
    getpgid();
    assert.deepEqual(
      stream.take().map(({ seq }) => Number(seq)),
      [made],
    );
  },
  { needs: [features.overwritingRing] },
);
