// Streams over rings in ordinary memory; an eventfd stands for the map's descriptor.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Codec } from '../../src/codec.js';
import { isBpfError } from '../../src/errors.js';
import type { StreamOptions } from '../../src/stream/event-stream.js';
import { ReadResult } from '../../src/stream/record-source.js';
import { RecordView } from '../../src/stream/record-view.js';
import { RingMemory } from '../../src/stream/ring-memory.js';
import { SourceStream } from '../../src/stream/source-stream.js';
import { Epoll } from '../../src/sys/epoll.js';
import { closeFd } from '../../src/sys/fd.js';
import { libc } from '../../src/sys/native.js';
import { FakeRing } from './fake-ring.js';

const test = suite('stream');

const number: Codec<number> = {
  size: 4,
  decode: (view, offset) => view.getUint32(offset, true),
  encode: (view, offset, value) => view.setUint32(offset, value, true),
};

/** A stream over `count` rings, and the other end of each. */
class Fixture {
  readonly fakes: FakeRing[];
  readonly stream: SourceStream<number>;
  closings = 0;
  readonly #fd: number;

  constructor(count = 1, options: StreamOptions<number> = {}) {
    this.fakes = Array.from({ length: count }, () => new FakeRing());
    this.#fd = libc('int eventfd(uint count, int flags)')(0, 0x80800);
    const epoll = new Epoll();
    epoll.add(this.#fd, 0);
    const sources = this.fakes.map((fake, index) =>
      Object.assign(
        new RingMemory<number>(fake, new RecordView(number, index), 'ring buffer "r"'),
        {
          result: new ReadResult(number, 'ring buffer "r"', options.onMalformed),
        },
      ),
    );
    const onClose = (): void => {
      this.closings++;
    };
    this.stream = new SourceStream({ what: 'ring buffer "r"', sources, epoll, options, onClose });
  }

  /** Submits and wakes, as the kernel does. */
  send(ring: number, ...values: number[]): void {
    this.fakes[ring]!.submit(...values);
    const one = new Uint8Array(new ArrayBuffer(8)).fill(1, 0, 1);
    libc('intptr_t write(int fd, void *bytes, size_t count)')(this.#fd, one, 8);
  }

  close(): void {
    this.stream.close();
    closeFd(this.#fd);
  }
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isBpfError(error)) return error.code;
    throw error;
  }
  throw new Error('nothing was thrown');
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => assert.unreachable('it should have been rejected'),
    (error) => error,
  );
}

test('for await gives what is there and what comes, and ends when the stream closes', async () => {
  const fixture = new Fixture();
  fixture.send(0, 1, 2);
  setTimeout(() => fixture.send(0, 3), 20);
  setTimeout(() => fixture.close(), 60);
  const seen: number[] = [];
  for await (const value of fixture.stream) seen.push(value);
  assert.equal(seen, [1, 2, 3]);
  assert.is(fixture.closings, 1);
  fixture.stream.close();
  assert.is(fixture.closings, 1);
});

test('break leaves the rest in the ring for the next loop', async () => {
  const fixture = new Fixture();
  fixture.send(0, 1, 2, 3);
  for await (const value of fixture.stream) if (value === 2) break;
  assert.is(fixture.fakes[0]!.consumerPosition, 32n);
  assert.equal(fixture.stream.take(), [3]);
  fixture.close();
});

test('what is not read stays in the ring', async () => {
  const fixture = new Fixture();
  fixture.send(0, 1, 2, 3);
  const iterator = fixture.stream.records();
  assert.equal(await iterator.next(), { done: false, value: 1 });
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.is(fixture.stream.bytesPending, 32);
  await iterator.return!();
  fixture.close();
});

test('two loops at once are refused, one after the other are fine', async () => {
  const fixture = new Fixture();
  fixture.send(0, 1, 2);
  const first = fixture.stream.records();
  await first.next();
  const error = await rejection(fixture.stream.records().next());
  assert.match(
    (error as Error).message,
    /^ring buffer "r": another "for await" reads it already; each record goes to one reader/,
  );
  await first.return!();
  assert.equal(await fixture.stream.records().next(), { done: false, value: 2 });
  fixture.close();
});

test('an iterator that never started holds nothing', async () => {
  const fixture = new Fixture();
  fixture.stream.records();
  fixture.send(0, 1);
  for await (const value of fixture.stream) {
    assert.is(value, 1);
    break;
  }
  fixture.close();
});

test('next() asked for twice answers in order', async () => {
  const fixture = new Fixture();
  const iterator = fixture.stream.records();
  const both = Promise.all([iterator.next(), iterator.next()]);
  fixture.send(0, 1, 2);
  assert.equal(await both, [
    { done: false, value: 1 },
    { done: false, value: 2 },
  ]);
  fixture.close();
});

test('return() ends a next() that waits', async () => {
  const fixture = new Fixture();
  const iterator = fixture.stream.records();
  const waiting = iterator.next();
  assert.equal(await iterator.return!(), { done: true, value: undefined });
  assert.equal(await waiting, { done: true, value: undefined });
  fixture.close();
});

test('an abort ends a loop with its reason, and the stream can be read on', async () => {
  const fixture = new Fixture();
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('enough')), 20);
  const error = await rejection(
    (async () => {
      for await (const _ of fixture.stream.records({ signal: controller.signal }));
    })(),
  );
  assert.is((error as Error).message, 'enough');
  assert.is(
    ((await rejection(fixture.stream.records({ signal: controller.signal }).next())) as Error)
      .message,
    'enough',
  );
  fixture.send(0, 5);
  assert.equal(fixture.stream.take(), [5]);
  fixture.close();
});

test('several rings take turns', () => {
  const fixture = new Fixture(3);
  fixture.send(0, 1, 2);
  fixture.send(2, 30);
  fixture.send(1, 20, 21);
  assert.equal(
    fixture.stream.take().sort((a, b) => a - b),
    [1, 2, 20, 21, 30],
  );
  fixture.send(0, 1);
  fixture.send(1, 2);
  const sources: number[] = [];
  assert.is(
    fixture.stream.consume((record) => void sources.push(record.source)),
    2,
  );
  assert.equal(sources, [0, 1]);
  fixture.send(0, 1);
  fixture.send(1, 2);
  assert.is(
    fixture.stream.consume(() => false),
    1,
    'false ends it for all rings',
  );
  assert.is(
    fixture.stream.consume(() => true, { limit: 5 }),
    1,
  );
  assert.is(fixture.stream.counters.read, 9);
  fixture.close();
});

test('take() has a limit', () => {
  const fixture = new Fixture();
  fixture.send(0, 1, 2, 3);
  assert.equal(fixture.stream.take(2), [1, 2]);
  assert.is(fixture.fakes[0]!.consumerPosition, 32n);
  assert.equal(fixture.stream.take(0), []);
  assert.equal(fixture.stream.take(), [3]);
  fixture.close();
});

test('poll() waits and hands over', async () => {
  const seen: number[] = [];
  const fixture = new Fixture(1, { onRecord: (record) => void seen.push(record.decode()) });
  assert.is(await fixture.stream.poll(10), 0);
  setTimeout(() => fixture.send(0, 4, 5), 10);
  assert.is(await fixture.stream.poll(5000), 2);
  assert.equal(seen, [4, 5]);
  assert.is(await fixture.stream.poll(0), 0);
  fixture.close();
});

test('poll() without a receiver says what to do', async () => {
  const fixture = new Fixture();
  const error = await rejection(fixture.stream.poll(1));
  assert.instance(error, TypeError);
  assert.match(
    (error as Error).message,
    /"onRecord", which the stream was opened without; give it to open\(\), or use ready\(\) and consume\(\)/,
  );
  fixture.close();
});

test('ready() says whether there is something', async () => {
  const fixture = new Fixture();
  assert.is(await fixture.stream.ready(10), false);
  setTimeout(() => fixture.send(0, 1), 10);
  assert.is(await fixture.stream.ready(5000), true);
  assert.is(await fixture.stream.ready(0), true);
  assert.equal(fixture.stream.take(), [1]);
  setTimeout(() => fixture.close(), 10);
  assert.is(await fixture.stream.ready(), false);
});

test('a callback cannot read the stream that it is called by', () => {
  const fixture = new Fixture();
  fixture.send(0, 1);
  fixture.stream.consume(() => {
    assert.is(
      codeOf(() => fixture.stream.consume(() => true)),
      'BPF_BUSY',
    );
    assert.is(
      codeOf(() => fixture.stream.take()),
      'BPF_BUSY',
    );
  });
  fixture.send(0, 2);
  assert.throws(
    () =>
      fixture.stream.consume(() => {
        throw new Error('no');
      }),
    /^no$/,
  );
  assert.equal(fixture.stream.take(), []);
  fixture.close();
});

for (const read of ['consume', 'poll', 'take'] as const) {
  test(`a callback that closes the stream is the last one, and it is closed afterwards: ${read}`, async () => {
    let calls = 0;
    const close = (): void => {
      calls++;
      fixture.close();
      assert.is(
        codeOf(() => fixture.stream.take()),
        'BPF_CLOSED',
      );
      assert.is(fixture.closings, 0, 'its memory is there until the callback has returned');
    };
    const fixture: Fixture = new Fixture(2, { onRecord: close, onMalformed: close });
    if (read === 'take') fixture.fakes[0]!.reserve(new Uint8Array(3)).submit();
    fixture.send(0, 1, 2);
    fixture.send(1, 3);
    if (read === 'consume') assert.is(fixture.stream.consume(close), 1);
    if (read === 'poll') assert.is(await fixture.stream.poll(1000), 1);
    if (read === 'take') assert.equal(fixture.stream.take(), []);
    assert.is(calls, 1);
    assert.is(fixture.closings, 1);
    assert.is(
      codeOf(() => fixture.stream.take()),
      'BPF_CLOSED',
    );
  });
}

test('a record whose codec throws is not met again', () => {
  const broken: Codec<number> = {
    ...number,
    decode: (view, offset) => {
      const value = number.decode(view, offset);
      if (value === 2) throw new Error('not this one');
      return value;
    },
  };
  const fake = new FakeRing();
  const memory = new RingMemory<number>(fake, new RecordView(broken, 0), 'ring buffer "r"');
  const result = new ReadResult(broken, 'ring buffer "r"');
  fake.submit(1, 2, 3);
  assert.is(memory.takeOne(result) && result.take(), 1);
  assert.throws(() => memory.takeOne(result), /^not this one$/);
  assert.is(memory.takeOne(result) && result.take(), 3);
});

test('a closed stream says so', async () => {
  const fixture = new Fixture();
  const { stream } = fixture;
  const iterator = stream.records();
  fixture.close();
  for (const run of [
    () => stream.consume(() => true),
    () => stream.take(),
    () => stream.records(),
    () => stream.bytesPending,
    () => stream.epollFd,
  ]) {
    assert.is(codeOf(run), 'BPF_CLOSED');
  }
  assert.is(((await rejection(stream.ready())) as { code: string }).code, 'BPF_CLOSED');
  assert.is(((await rejection(iterator.next())) as { code: string }).code, 'BPF_CLOSED');
  assert.is(stream.counters.read, 0);
});

test('records shorter than their type go to onMalformed, and the loop goes on', async () => {
  const bad: number[] = [];
  const fixture = new Fixture(1, { onMalformed: (bytes) => void bad.push(bytes.length) });
  fixture.send(0, 1);
  fixture.fakes[0]!.reserve(new Uint8Array(3)).submit();
  fixture.send(0, 2);
  assert.equal(fixture.stream.take(), [1, 2]);
  assert.equal(bad, [3]);
  assert.is(fixture.stream.counters.malformed, 1);
  fixture.close();
});

test('without onMalformed a short record ends the loop, and the next one goes on', async () => {
  const fixture = new Fixture();
  fixture.fakes[0]!.reserve(new Uint8Array(3)).submit();
  fixture.send(0, 2);
  const error = await rejection(fixture.stream.records().next());
  assert.ok(isBpfError(error, 'BPF_SHORT_RECORD'));
  assert.equal(await fixture.stream.records().next(), { done: false, value: 2 });
  fixture.close();
});

test.run();
