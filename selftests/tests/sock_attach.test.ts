// Programs of sockets: sk_lookup in the network namespace, sockmaps, filters of one socket.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { assert, features, sleep, test } from '#harness';
import { SkLookupBpf } from '../build/sk_lookup.skel.js';
import { SocketFilterBpf } from '../build/socket_filter.skel.js';
import { SockmapBpf } from '../build/sockmap.skel.js';

/** The descriptor of a connected socket, which Node keeps to itself. */
function fdOf(socket: object): number {
  const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
  return fd;
}

test(
  'sk_lookup decides over connections of the namespace',
  async () => {
    using skel = SkLookupBpf.open().load();
    const server = createServer((socket) => socket.end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    try {
      using link = skel.progs.on_lookup.attachNetns();
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      socket.destroy();
      assert.ok(skel.bss.calls > 0);
      skel.bss.dropped_port = port;
      const refused = connect(port, '127.0.0.1');
      const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
      assert.equal(error.code, 'ECONNREFUSED');
      const info = link.info();
      assert.ok(info.kind === 'netns' && info.netnsInode > 0);
      link.close();
      const later = connect(port, '127.0.0.1');
      await once(later, 'connect');
      later.destroy();
      assert.throws(() => skel.progs.on_lookup.attachNetns({ netns: '/run/netns/no-such' }), {
        code: 'BPF_NO_ATTACH_TARGET',
        message: /there is no network namespace "\/run\/netns\/no-such"/,
      });
    } finally {
      server.close();
    }
  },
  { alone: true, needs: [features.skLookup] },
);

for (const mode of [undefined, 'attach'] as const) {
  test(
    `sockmap: messages of the sockets in it are seen (${mode ?? 'default'})`,
    async (t) => {
      using skel = SockmapBpf.open().load();
      const server = createServer();
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as { port: number };
      const client = connect(port, '127.0.0.1');
      const [peer] = (await once(server, 'connection')) as [Socket];
      try {
        const link = skel.progs.on_message.attachSockmap({
          map: skel.maps.sockets,
          ...(mode !== undefined && { mode }),
        });
        t.log('kernel link', link.isKernelLink);
        assert.equal(link.isKernelLink, mode === undefined && t.atLeast('6.10'));
        skel.maps.sockets.raw.update(
          new Uint8Array(4),
          new Uint8Array(Uint32Array.of(fdOf(client)).buffer),
        );
        client.write('hello');
        const [data] = (await once(peer, 'data')) as [Buffer];
        assert.equal(data.toString(), 'hello');
        assert.equal(skel.bss.messages, 1);
        link.close();
        await sleep(20);
      } finally {
        client.destroy();
        peer.destroy();
        server.close();
      }
    },
    { alone: true },
  );
}

test(
  'sockmap: streams of the sockets in it are seen, until the link closes',
  async () => {
    using skel = SockmapBpf.open().load();
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const client = connect(port, '127.0.0.1');
    const [peer] = (await once(server, 'connection')) as [Socket];
    try {
      const { on_verdict } = skel.progs;
      const link = on_verdict.attachSockmap({ map: skel.maps.sockets });
      skel.maps.sockets.raw.update(
        new Uint8Array(4),
        new Uint8Array(Uint32Array.of(fdOf(peer)).buffer),
      );
      client.write('hello');
      const [data] = (await once(peer, 'data')) as [Buffer];
      assert.equal(data.toString(), 'hello');
      assert.ok(skel.bss.verdicts > 0);
      if (link.isKernelLink) {
        const info = link.info();
        assert.ok(info.kind === 'sockmap' && info.mapId === skel.maps.sockets.id);
      }
      link.close();
      using again = on_verdict.attachSockmap({ map: skel.maps.sockets, mode: 'attach' });
      assert.ok(!again.isKernelLink);
    } finally {
      client.destroy();
      peer.destroy();
      server.close();
    }
  },
  { alone: true },
);

test(
  'a filter of one socket',
  async () => {
    using skel = SocketFilterBpf.open().load();
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    const fd = fdOf({
      _handle: (socket as unknown as Record<symbol, { handle: { fd: number } }>)[
        Object.getOwnPropertySymbols(socket).find(
          (symbol) => symbol.description === 'state symbol',
        )!
      ]!.handle,
    });
    const link = skel.progs.on_packet.attachSocket({ fd });
    socket.send('x', port, '127.0.0.1');
    await once(socket, 'message');
    assert.equal(skel.bss.calls, 1);
    link.close();
    socket.send('y', port, '127.0.0.1');
    await once(socket, 'message');
    assert.equal(skel.bss.calls, 1);
    socket.close();
    assert.throws(() => skel.progs.on_packet.attachSocket({ fd: 0 }), {
      code: 'BPF_ATTACH',
      message: /the descriptor is no socket/,
    });
  },
  { alone: true },
);
