// struct_ops maps, attached by their skeleton: a congestion control that counts, used by one connection.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { assert, cString, features, syscall, syscallNumber, test } from '#harness';
import { StructOpsBpf } from '../build/struct_ops.skel.js';
import { StructOpsLinkBpf } from '../build/struct_ops_link.skel.js';

function available(): string[] {
  const path = '/proc/sys/net/ipv4/tcp_available_congestion_control';
  return readFileSync(path, 'utf8').trim().split(/\s+/);
}

/** Two ends of a connection over the loopback device; the other end sends back what it gets. */
class Connection implements AsyncDisposable {
  readonly #server = createServer((peer) => peer.pipe(peer));
  #client: Socket | undefined;

  /** @param congestion - what the client end uses */
  async open(congestion: string): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const { port } = this.#server.address() as { port: number };
    this.#client = connect(port, '127.0.0.1');
    await once(this.#client, 'connect');
    const { fd } = (this.#client as unknown as { _handle: { fd: number } })._handle;
    const [IPPROTO_TCP, TCP_CONGESTION] = [6, 13];
    const name = cString(congestion);
    const number = syscallNumber('setsockopt');
    const result = syscall(number, fd, IPPROTO_TCP, TCP_CONGESTION, name, name.byteLength - 1);
    assert.equal(result, 0, `setsockopt TCP_CONGESTION: errno ${-result}`);
    return this;
  }

  /** The answer acknowledges what was sent. */
  async echo(): Promise<void> {
    this.#client!.write('x');
    await once(this.#client!, 'data');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client?.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

test(
  'a skeleton registers the map, a connection uses it, detach takes it back',
  async () => {
    using open = StructOpsBpf.open();
    open.maps.twin.autocreate = false;
    const skel = open.load();
    skel.attach();
    assert.equal(skel.links.twin, undefined);
    assert.equal(skel.links.counting?.way, 'struct_ops');
    assert.ok(available().includes('bpf_counting'));
    {
      await using connection = await new Connection().open('bpf_counting');
      assert.equal(skel.bss.inits, 1);
      await connection.echo();
      assert.ok(skel.bss.acks > 0);
      assert.equal(skel.bss.other_acks, 0);
    }
    skel.attach();
    skel.detach();
    assert.equal(skel.links.counting, undefined);
    assert.ok(!available().includes('bpf_counting'));
    assert.throws(() => skel.attach(), {
      code: 'BPF_ATTACH',
      message: /struct_ops "counting" could not be registered: EBUSY.*once only.*struct_ops\.link/,
    });
    assert.throws(() => skel.object.attachStructOps(skel.maps.bss.name), {
      code: 'BPF_WRONG_KIND',
    });
  },
  { alone: true, needs: [features.structOps] },
);

test(
  'one map that fails takes back the others and is named, unless its autoattach is off',
  () => {
    {
      using skel = StructOpsBpf.open().load();
      assert.throws(() => skel.attach(), {
        code: 'BPF_ATTACH',
        message:
          /struct_ops "twin" could not be registered: EEXIST.*one of that name is registered/,
      });
      assert.deepEqual({ ...skel.links }, emptyLinks(skel.links));
      assert.ok(!available().includes('bpf_counting'));
    }
    using open = StructOpsBpf.open();
    open.maps.twin.autoattach = false;
    using skel = open.load();
    skel.attach();
    assert.equal(skel.links.twin, undefined);
    assert.ok(available().includes('bpf_counting'));
  },
  { alone: true, needs: [features.structOps] },
);

function emptyLinks(links: object): Record<string, undefined> {
  return Object.fromEntries(Object.keys(links).map((name) => [name, undefined]));
}

test(
  'links: attached again after detach, updated to another map, described, pinned',
  async (t) => {
    using open = StructOpsLinkBpf.open();
    open.maps.twin.autoattach = false;
    const skel = open.load();
    for (let round = 1; round <= 2; round++) {
      skel.attach();
      assert.ok(available().includes('bpf_linked'));
      skel.detach();
      assert.ok(!available().includes('bpf_linked'));
    }
    skel.attach();
    const link = skel.links.counting!;
    assert.equal(link.way, 'struct_ops link');
    const info = link.info();
    assert.ok(info.kind === 'struct_ops' && info.mapId === skel.maps.counting.id);
    {
      await using connection = await new Connection().open('bpf_linked');
      await connection.echo();
      assert.ok(skel.bss.acks > 0 && skel.bss.other_acks === 0);
    }
    link.update(skel.maps.twin, { expected: skel.maps.counting });
    {
      await using connection = await new Connection().open('bpf_linked');
      await connection.echo();
      assert.ok(skel.bss.other_acks > 0);
    }
    link.pin('/sys/fs/bpf/congestion');
    skel.detach();
    assert.ok(available().includes('bpf_linked'));
    link.unpin();
    // The file system lets go of what was pinned a little later (fs/super.c: an inode is freed after a grace period).
    const end = Date.now() + 5000 * t.timeScale;
    while (available().includes('bpf_linked') && Date.now() < end) await sleep(20);
    assert.ok(!available().includes('bpf_linked'));
  },
  { alone: true, needs: [features.structOpsLink] },
);

test(
  'kernels without such links say since when they are there',
  (t) => {
    if (t.atLeast('6.4')) return;
    using open = StructOpsLinkBpf.open();
    assert.throws(() => open.load(), { code: 'BPF_FEATURE', message: /struct_ops link.*6\.4/s });
  },
  { needs: [features.structOps] },
);
