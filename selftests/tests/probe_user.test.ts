// User memory read and written by a program. It overwrites what connect(2) is given: filtered by process, and run alone.

import { closeSync } from 'node:fs';
import { assert, features, syscall, syscallNumber, test } from '#harness';
import { ProbeUserBpf } from '../build/probe_user.skel.js';

const CONNECT = 42;
const AF_INET = 2;
const SOCK_STREAM = 1;

test(
  'what connect() is given is read, and overwritten in our own memory',
  () => {
    using open = ProbeUserBpf.open();
    open.bss.test_tgid = process.pid;
    const skel = open.load();
    skel.attach();

    // struct sockaddr_in: 255.255.255.255:5555, which nothing answers.
    const address = new ArrayBuffer(16);
    const view = new DataView(address);
    view.setUint16(0, AF_INET, true);
    view.setUint16(2, 5555);
    view.setUint32(4, 0xffffffff);
    const original = new Uint8Array(address).slice();
    const fd = syscall(syscallNumber('socket'), AF_INET, SOCK_STREAM, 0);
    assert.ok(fd >= 0);
    syscall(CONNECT, fd, address, 16);
    closeSync(fd);

    assert.equal(skel.bss.calls, 1);
    const seen = skel.bss.$m.raw(0, skel.maps.bss.valueSize);
    assert.notEqual(Buffer.from(seen).indexOf(original), -1, 'the address as it was given');
    assert.equal(skel.bss.old.sin_family, AF_INET);
    assert.deepEqual([...new Uint8Array(address)], Array(16).fill(0xab));
  },
  { needs: [features.kprobe], alone: true },
);
