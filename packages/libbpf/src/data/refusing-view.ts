/**
 * What stands in for a DataView where there is nothing to look at: each of its methods throws.
 */

const TYPES = [
  'Int8',
  'Uint8',
  'Int16',
  'Uint16',
  'Int32',
  'Uint32',
  'Float32',
  'Float64',
  'BigInt64',
  'BigUint64',
] as const;

/** @param error - made for the offset that was asked for */
export function refusingView(error: (offset: number) => Error): DataView {
  const refuse = (offset: number): never => {
    throw error(offset);
  };
  const view: Record<string, unknown> = {};
  for (const type of TYPES) {
    view[`get${type}`] = refuse;
    view[`set${type}`] = refuse;
  }
  for (const property of ['buffer', 'byteOffset', 'byteLength']) {
    Object.defineProperty(view, property, { get: () => refuse(0) });
  }
  return view as unknown as DataView;
}
