import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { onlineCpus, parseCpuList, possibleCpus } from '../../src/map/cpus.js';

const test = suite('cpus');

test('lists of CPUs, gaps included', () => {
  assert.equal(parseCpuList('0\n'), [0]);
  assert.equal(parseCpuList('0-3\n'), [0, 1, 2, 3]);
  assert.equal(parseCpuList('0-1,4,6-7\n'), [0, 1, 4, 6, 7]);
  assert.equal(parseCpuList('\n'), []);
});

test('lists of another form are errors', () => {
  for (const text of ['x', '1-', '3-1', '-2', '0,,a', '0-99999999']) {
    assert.throws(
      () => parseCpuList(text),
      /^the list of CPUs is not of the form "0-3,8": found "/,
    );
  }
});

test('this machine has CPUs, and those online are possible', () => {
  assert.ok(possibleCpus().length > 0);
  assert.ok(onlineCpus().every((cpu) => possibleCpus().includes(cpu)));
  assert.ok(Object.isFrozen(possibleCpus()));
});

test.run();
