// What modules offer to BPF programs, as the kernel proper does: tracepoints, functions to attach to and to call, types for CO-RE.

import { closeSync } from 'node:fs';
import { assert, features, syscall, syscallNumber, type TestContext, test } from '#harness';
import { ModuleKfuncsBpf } from '../build/module_kfuncs.skel.js';
import { ModulesBpf } from '../build/modules.skel.js';

const PORT = 4711;
const ECONNRESET = 104;

/** Tries to connect to a port of this machine where nobody listens, which is refused by a packet of its own. */
function connect(): void {
  const [AF_VSOCK, SOCK_STREAM, VMADDR_CID_LOCAL] = [40, 1, 1];
  const socket = syscall(syscallNumber('socket'), AF_VSOCK, SOCK_STREAM, 0);
  assert.ok(socket >= 0, `socket(AF_VSOCK): errno ${-socket}`);
  const address = new ArrayBuffer(16);
  const view = new DataView(address);
  view.setUint16(0, AF_VSOCK, true);
  view.setUint32(4, PORT, true);
  view.setUint32(8, VMADDR_CID_LOCAL, true);
  const result = syscall(syscallNumber('connect'), socket, address, address.byteLength);
  closeSync(socket);
  assert.equal(result, -ECONNRESET);
}

type Program = keyof ReturnType<typeof ModulesBpf.open>['progs'];

function attached(t: TestContext, ...programs: readonly Program[]) {
  const open = ModulesBpf.open();
  t.after(() => open.close());
  for (const name of programs) open.progs[name].autoload = true;
  const skel = open.load();
  skel.bss.pid = process.pid;
  skel.attach();
  connect();
  skel.detach();
  connect();
  return skel;
}

test(
  'tp_btf on a tracepoint of a module',
  (t) => assert.equal(attached(t, 'on_tracepoint').bss.port_of_tracepoint, PORT),
  { needs: [features.moduleBtf, features.vsockLoopback] },
);

test(
  'raw and plain tracepoints of a module need no types',
  (t) => {
    const { bss } = attached(t, 'on_raw_tracepoint', 'on_plain_tracepoint');
    assert.equal(bss.port_of_raw_tracepoint, PORT);
    assert.ok(bss.calls_of_tracepoint > 0);
  },
  { needs: [features.vsockLoopback, features.tracefs] },
);

test(
  'fentry and fexit on a function of a module, found in whichever module has it, or in the one that is named',
  (t) => {
    const { bss, data } = attached(t, 'on_entry', 'on_entry_in_module', 'on_exit');
    assert.equal(bss.port_of_fentry, PORT);
    assert.equal(bss.port_of_fentry_in_module, PORT);
    assert.ok(data.result_of_fexit >= 0n, 'bytes sent');
    assert.deepEqual([data.has_no_such_field, data.has_vsock_sock], [0, 1]);
  },
  { needs: [features.moduleBtf, features.vsockLoopback, features.fentry] },
);

test(
  'kprobe on a function of a module, with CO-RE against the module’s types',
  (t) => assert.equal(attached(t, 'on_kprobe').bss.port_of_kprobe, PORT),
  { needs: [features.moduleBtf, features.vsockLoopback, features.kprobe] },
);

test(
  'kprobe on a function of a module without types',
  (t) => assert.equal(attached(t, 'on_plain_kprobe').bss.calls_of_plain_kprobe, 1),
  { needs: [features.vsockLoopback, features.kprobe] },
);

test(
  'kprobe.multi finds functions of modules by pattern',
  (t) => assert.equal(attached(t, 'on_multi').bss.calls_of_multi, 1),
  { needs: [features.vsockLoopback, features.kprobeMulti] },
);

test(
  'a target that a module has not is named, with what it may be; so is a module that is not there',
  () => {
    const failure = (target: string): string => {
      using open = ModulesBpf.open();
      open.progs.on_any.autoload = true;
      open.progs.on_any.attachTarget = target;
      try {
        open.load();
      } catch (error) {
        return (error as Error).message;
      }
      throw new assert.AssertionError({ message: `${target}: loaded` });
    };
    assert.match(
      failure('vmw_vsock_virtio_transport_common:virtio_transport_conect'),
      /module "vmw_vsock_virtio_transport_common" has no function "virtio_transport_conect".*did you mean "virtio_transport_connect"/,
    );
    assert.match(
      failure('virtio_transport_conect'),
      /the running kernel has no function "virtio_transport_conect".*did you mean "virtio_transport_connect"/,
    );
    assert.match(
      failure('vsock_loopbac:virtio_transport_connect'),
      /no module "vsock_loopbac" with BTF is loaded.*did you mean "vsock_loopback"/,
    );
  },
  { needs: [features.moduleBtf, features.vsockLoopback] },
);

test(
  'kernel functions of a module are called; a weak one that it has not is NULL',
  () => {
    using skel = ModuleKfuncsBpf.open().load();
    const [XDP_PASS, ENOENT] = [2, 2];
    const { returnValue } = skel.progs.make_connection.run({ data: new Uint8Array(64) });
    assert.equal(returnValue, XDP_PASS);
    assert.equal(skel.bss.error_before, -ENOENT);
    assert.equal(skel.bss.found_after, 1);
    assert.equal(skel.data.has_no_such_function, 0);
  },
  { needs: [features.conntrackKfuncs] },
);
