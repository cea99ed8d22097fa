/** Of `struct record` in c/ring.bpf.c, as skelgen writes it. */
export const recordCodec = {
  size: 24,
  decode: (view, offset) => ({
    sequence: view.getBigUint64(offset, true),
    first: view.getUint32(offset + 8, true),
    second: view.getUint32(offset + 12, true),
    pid: view.getUint32(offset + 16, true),
    cpu: view.getUint32(offset + 20, true),
  }),
  encode() {},
};
