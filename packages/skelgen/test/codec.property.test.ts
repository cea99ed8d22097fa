/**
 * Generated codecs against the codecs that are compiled from BTF at run time, over random bytes and values: same values, same
 * bytes, also where members of unions are left out.
 */

import { inspect } from 'node:util';
import { type Btf, BtfKind, compileCodec } from '@libbpf-ts/btf';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { generate, type Module, ModuleFolder, readObject } from './modules.js';

interface Codec {
  readonly size: number;
  decode(view: DataView, at: number): unknown;
  encode(view: DataView, at: number, value: unknown): void;
}

const RUNS = Number(process.env['TEST_RUNS'] ?? 200);
const test = suite('generated codecs');
let folder: ModuleFolder;

test.before(() => {
  folder = new ModuleFolder();
});
test.after(() => folder.remove());

/** Structs and unions with a name, in the order of the object. */
function namedTypes(btf: Btf): { id: number; name: string }[] {
  const found: { id: number; name: string }[] = [];
  for (let id = btf.startId; id < btf.typeCount; id++) {
    const kind = btf.kindOf(id);
    const name = btf.nameOf(id);
    if ((kind === BtfKind.STRUCT || kind === BtfKind.UNION) && name !== '')
      found.push({ id, name });
  }
  return found;
}

for (const file of ['shapes.bpf', 'shapes.eb.bpf', 'awkward.bpf']) {
  test(`${file}: as the codecs compiled from BTF`, async () => {
    const path = new URL(`fixtures/${file}.o`, import.meta.url).pathname;
    const btf = readObject(path).object.btf!;
    const types = namedTypes(btf).filter(
      ({ name, id }) => btf.sizeOf(id) > 0 && name !== 'bpf_spin_lock' && !/^\$/.test(name),
    );
    const source = generate(path, { types: types.map(({ name }) => name) });
    folder.write(`${file}.skel.ts`, source);
    const module = await folder.import(`${file}.skel.ts`);
    for (const { id, name } of types) {
      const expected = compileCodec(btf, id);
      compare(codecOf(module, source, name, expected.size), expected, name);
    }
    assert.ok(types.length > 4);
  });
}

/** The codec that a module exports for a struct: the docs say which. */
function codecOf(module: Module, source: string, name: string, size: number): Codec {
  const title = new RegExp(
    `/\\*\\* \`(?:struct|union) ${name}\`, ${size} bytes?\\. \\*/\nexport (?:interface|type) (\\w+)`,
  );
  const [, exported] = title.exec(source) ?? assert.unreachable(`no type for ${name}`) ?? [];
  return module[exported!] as Codec;
}

function compare(codec: Codec, expected: ReturnType<typeof compileCodec>, name: string): void {
  const { size } = expected;
  assert.is(codec.size, size, name);
  const bytes = fc.uint8Array({ minLength: size + 3, maxLength: size + 3 });
  const options = {
    includeErrorInReport: true,

    numRuns: RUNS,
    ...(process.env['TEST_SEED'] && { seed: Number(process.env['TEST_SEED']) }),
  };
  fc.assert(
    fc.property(bytes, fc.infiniteStream(fc.nat()), (source, random) => {
      const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
      const value = codec.decode(view, 3);
      assert.is(show(value), show(expected.decode(view, 3)), `${name}: decoded`);

      for (const written of [value, sparse(value, random)]) {
        const mine = outcome(source, (bytes) =>
          codec.encode(new DataView(bytes.buffer), 3, written),
        );
        const theirs = outcome(source, (bytes) => expected.encode(bytes, 3, written));
        assert.is(mine, theirs, `${name}: encoded ${show(written)}`);
      }
    }),
    options,
  );
}

/** Every part of a value, in an order of its own; NaN and -0 as they are. */
function show(value: unknown): string {
  return inspect(value, { depth: null, maxArrayLength: null, sorted: true });
}

/**
 * The bytes after `write`, or that it refused: text that was no UTF-8 can be longer than its field, and a member called
 * `constructor` that is left out is inherited.
 */
function outcome(source: Uint8Array, write: (bytes: Uint8Array) => void): string {
  const bytes = source.slice();
  try {
    write(bytes);
  } catch (error) {
    const { name } = error as Error;
    return ['RangeError', 'TypeError', 'BtfError'].includes(name) ? 'refused' : String(error);
  }
  return bytes.join(' ');
}

/** Some members left out, arrays made shorter. */
function sparse(value: unknown, random: Iterator<number>): unknown {
  const next = () => random.next().value as number;
  if (Array.isArray(value))
    return value.slice(0, next() % (value.length + 1)).map((one) => sparse(one, random));
  if (ArrayBuffer.isView(value)) return value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(() => next() % 3 !== 0)
      .map(([name, part]) => [name, sparse(part, random)]),
  );
}

test.run();
