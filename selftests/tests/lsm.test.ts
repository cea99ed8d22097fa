// An LSM program refuses what it is asked to, while its link is open.

import { assert, features, syscall, syscallNumber, test } from '#harness';
import { LsmBpf } from '../build/lsm.skel.js';

const MPROTECT = 10;
const PROT_READ = 1;

/** mprotect(2) of a fresh page. @returns 0 or the negated errno */
function protect(): number {
  const page = syscall(syscallNumber('mmap'), 0, 4096, 3, 0x22, -1, 0);
  try {
    return syscall(MPROTECT, page, 4096, PROT_READ);
  } finally {
    syscall(syscallNumber('munmap'), page, 4096);
  }
}

test(
  'file_mprotect is refused while the program says so',
  () => {
    using skel = LsmBpf.open().load();
    skel.attach();
    skel.bss.tgid = process.pid;
    assert.equal(protect(), 0);
    assert.ok(skel.bss.calls >= 1);
    skel.bss.refuse = 1;
    assert.equal(protect(), -1);
    skel.detach();
    assert.equal(protect(), 0);
  },
  { needs: [features.lsm, features.fentry] },
);
