/**
 * The smallest BTFs that use one kind each, to find out whether a kernel takes it.
 */

/** Types as 32-bit words, and the names they point into. */
interface Sample {
  readonly words: readonly number[];
  readonly strings: string;
}

const info = (kind: number, vlen = 0, flag = 0) => ((flag << 31) | (kind << 24) | vlen) >>> 0;
const INT: readonly number[] = [1, info(1), 4, (1 << 24) | 32];

/** Names: offset 1 is always `int`. */
export const BTF_KINDS: Record<
  | 'int'
  | 'func'
  | 'globalFunc'
  | 'datasec'
  | 'qmarkDatasec'
  | 'float'
  | 'declTag'
  | 'typeTag'
  | 'enum64'
  | 'argCtx',
  Sample
> = {
  int: { words: INT, strings: 'int' },
  func: { words: [...INT, 0, info(13, 1), 0, 5, 1, 7, info(12), 2], strings: 'int\0a\0x' },
  globalFunc: { words: [...INT, 0, info(13, 1), 0, 5, 1, 7, info(12, 1), 2], strings: 'int\0a\0x' },
  datasec: {
    words: [...INT, 5, info(14), 1, 0, 7, info(15, 1), 4, 2, 0, 4],
    strings: 'int\0x\0.data',
  },
  qmarkDatasec: {
    words: [...INT, 5, info(14), 1, 0, 7, info(15, 1), 4, 2, 0, 4],
    strings: 'int\0x\0?.data',
  },
  float: { words: [1, info(16), 4], strings: 'float' },
  declTag: {
    words: [...INT, 5, info(14), 1, 0, 7, info(17), 2, 0xffffffff],
    strings: 'int\0x\0tag',
  },
  typeTag: { words: [...INT, 5, info(18), 1, 0, info(2), 2], strings: 'int\0tag' },
  argCtx: {
    words: [
      ...INT,
      ...[0, info(2), 0],
      ...[0, info(13, 1), 1, 1, 2],
      ...[1, info(12, 1), 3],
      ...[0, info(13, 1), 1, 5, 2],
      ...[5, info(12, 1), 5],
      ...[7, info(17), 6, 0],
    ],
    strings: 'int\0b\0arg:ctx',
  },
  enum64: { words: [1, info(19), 8], strings: 'e' },
};

/** A whole BTF of one sample, in the machine's byte order. */
export function probeBtf({ words, strings }: Sample): Uint8Array {
  const names = new TextEncoder().encode(`\0${strings}\0`);
  const header = new Uint32Array([0, 24, 0, words.length * 4, words.length * 4, names.length]);
  const bytes = new Uint8Array(24 + words.length * 4 + names.length);
  bytes.set(new Uint8Array(header.buffer));
  new Uint16Array(bytes.buffer, 0, 2).set([0xeb9f, 1]);
  bytes.set(new Uint8Array(new Uint32Array(words).buffer), 24);
  bytes.set(names, 24 + words.length * 4);
  return bytes;
}

/** An int, and behind the types the size of each kind of record up to it: the header is 8 bytes longer for that. */
export function probeBtfLayout(): Uint8Array {
  const names = new TextEncoder().encode('\0int\0');
  // For each kind: bytes of what follows the common part, bytes of each further member, flags.
  const layout = Uint8Array.of(0, 0, 0, 0, 4, 0, 0, 0);
  const types = INT.length * 4;
  const header = [0, 32, 0, types, types + layout.length, names.length, types, layout.length];
  const bytes = new Uint8Array(32 + types + layout.length + names.length);
  bytes.set(new Uint8Array(new Uint32Array(header).buffer));
  new Uint16Array(bytes.buffer, 0, 2).set([0xeb9f, 1]);
  bytes.set(new Uint8Array(new Uint32Array(INT).buffer), 32);
  bytes.set(layout, 32 + types);
  bytes.set(names, 32 + types + layout.length);
  return bytes;
}
