// Element calls on a map in ordinary memory, answering as a kernel hash does.

import { type ElementCalls, KEY_OFFSET } from '../../src/map/element-calls.js';

const ENOENT = 2;

/** Keys and values of one 32-bit number each, in insertion order. */
export class FakeCalls {
  readonly keySize = 4;
  readonly valueSize = 4;
  readonly valueOffset: number = KEY_OFFSET + 8;
  readonly view: DataView = new DataView(new ArrayBuffer(KEY_OFFSET + 16));
  readonly bytes: Uint8Array = new Uint8Array(this.view.buffer);
  readonly map: Map<number, number>;

  constructor(map: Map<number, number>) {
    this.map = map;
  }

  get asCalls(): ElementCalls {
    return this as unknown as ElementCalls;
  }

  lookup(): number {
    const value = this.map.get(this.view.getUint32(KEY_OFFSET, true));
    if (value === undefined) return ENOENT;
    this.view.setUint32(this.valueOffset, value, true);
    return 0;
  }

  nextKey(first: boolean): number {
    const keys = [...this.map.keys()];
    const at = first ? -1 : keys.indexOf(this.view.getUint32(KEY_OFFSET, true));
    // The key after one that is gone is the first.
    const next = keys[at + 1];
    if (next === undefined) return ENOENT;
    this.view.setUint32(KEY_OFFSET, next, true);
    return 0;
  }
}
