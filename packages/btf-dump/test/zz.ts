import { readFileSync } from 'node:fs';
import { parseBtf } from '@libbpf-ts/btf';
import { createCState, dumpType } from '../src/c-dumper.js';
import { firstInOrder, lastInOrder } from '../src/c-sort.js';

const bytes = readFileSync(process.argv[2]!);
for (let k = 0; k < 4; k++) {
  const t0 = performance.now();
  const btf = parseBtf(bytes);
  const t1 = performance.now();
  const st = createCState(btf, {});
  const t2 = performance.now();
  const f = firstInOrder(st.types);
  const t3 = performance.now();
  for (const id of f) dumpType(st, id);
  const t4 = performance.now();
  const l = lastInOrder(st);
  const t5 = performance.now();
  for (const id of l) dumpType(st, id);
  const t6 = performance.now();
  console.log(
    'parse',
    (t1 - t0).toFixed(1),
    'state',
    (t2 - t1).toFixed(1),
    'first',
    (t3 - t2).toFixed(1),
    f.length,
    'dump',
    (t4 - t3).toFixed(1),
    'last',
    (t5 - t4).toFixed(1),
    l.length,
    'dump',
    (t6 - t5).toFixed(1),
    st.text.length,
  );
}
