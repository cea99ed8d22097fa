import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sortByName } from '../src/sort-by-name.js';

const test = suite('sort by name');

/** Names as a string section has them: a character per byte, a NUL behind each. */
function sorted(names: readonly string[]): { order: number[]; ties: number[][] } {
  const strings = `${names.join('\0')}\0`;
  let end = 0;
  const offsets = names.map((name) => {
    const start = end;
    end += name.length + 1;
    return start;
  });
  const items = Uint32Array.from(names.keys());
  const ties: number[][] = [];
  const table = {
    stringBytes: Uint8Array.from(strings, (character) => character.charCodeAt(0)),
    string: (at: number) => strings.slice(at, strings.indexOf('\0', at)),
  };
  sortByName(
    table,
    items,
    (item) => offsets[item]!,
    (same) => ties.push([...same]),
  );
  return { order: [...items], ties: ties.sort((a, b) => order(names[a[0]!]!, names[b[0]!]!)) };
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The same, by comparing strings. */
function expected(names: readonly string[]): { order: number[]; ties: number[][] } {
  const ids = [...names.keys()].sort((a, b) => order(names[a]!, names[b]!));
  const groups = new Map<string, number[]>();
  for (const id of ids) groups.set(names[id]!, [...(groups.get(names[id]!) ?? []), id]);
  return { order: ids, ties: [...groups.values()].filter((group) => group.length > 1) };
}

test('names that begin alike, and names that others begin with', () => {
  const names = [
    'skb_frag',
    'task_struct',
    'skb_ext',
    'skb',
    'skb_',
    's',
    'sk',
    'skb_frag_struct',
    'skb_e',
  ];
  assert.equal(sorted(names), expected(names));
  assert.equal(
    sorted(names).order.map((id) => names[id]),
    [...names].sort(),
  );
});

test('equal names keep their order and are reported, whatever follows them', () => {
  const names = ['b', 'ab', 'ab', 'a', 'b', 'list_head', 'ab', 'list_head', 'zz', 'b', 'list'];
  assert.equal(sorted(names), expected(names));
  assert.equal(sorted(names).ties, [
    [1, 2, 6],
    [0, 4, 9],
    [5, 7],
  ]);
});

test('few names, one name, none', () => {
  for (const names of [['b', 'a', 'b'], ['a'], []]) assert.equal(sorted(names), expected(names));
});

test('long names that are alike', () => {
  const long = 'x'.repeat(150);
  const names = Array.from({ length: 40 }, (_, i) => `${long}${(i * 7) % 20}`);
  assert.equal(sorted(names), expected(names));
});

test('any names, of any bytes', () => {
  const byte = fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code));
  const name = fc.oneof(
    fc.stringMatching(/^(net|nf_conn|nf_connt)?[a-c_]{0,5}$/),
    fc.array(byte, { maxLength: 6 }).map((bytes) => bytes.join('')),
  );
  fc.assert(
    fc.property(fc.array(name, { maxLength: 60 }), (names) => {
      assert.equal(sorted(names), expected(names));
    }),
    { numRuns: 500 },
  );
});

test.run();
