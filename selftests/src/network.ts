/**
 * Networks of tests' own: a namespace with its loopback up, pairs of virtual devices, packets onto them. Over the system calls
 * themselves, since guests have no `ip`.
 */

import assert from 'node:assert/strict';
import { closeSync } from 'node:fs';
import { syscall, syscallNumber } from './syscalls.js';

const CLONE_NEWNET = 0x40000000;
const AF_INET = 2;
const AF_NETLINK = 16;
const AF_PACKET = 17;
const SOCK_DGRAM = 2;
const SOCK_RAW = 3;
const SIOCSIFFLAGS = 0x8914;
const SIOCGIFINDEX = 0x8933;
const IFF_UP = 1;
const RTM_NEWLINK = 16;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLM_F_CREATE_EXCL = 0x600;
const IFLA_IFNAME = 3;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
/** VETH_INFO_PEER and IFLA_NETKIT_PEER_INFO. */
const PEER = 1;

/** Puts this thread into a new network namespace whose loopback is up. Only for tests in a process of their own. */
export function ownNetwork(): void {
  assert.equal(syscall(syscallNumber('unshare'), CLONE_NEWNET), 0, 'unshare');
  bringUp('lo');
}

/** Brings a network interface up. */
export function bringUp(name: string): void {
  interfaceRequest(name, SIOCSIFFLAGS, (view) => view.setUint16(16, IFF_UP, true));
}

/** The number of a network interface. */
export function interfaceIndex(name: string): number {
  return interfaceRequest(name, SIOCGIFINDEX, () => undefined).getInt32(16, true);
}

function interfaceRequest(name: string, request: number, fill: (view: DataView) => void): DataView {
  const fd = syscall(syscallNumber('socket'), AF_INET, SOCK_DGRAM, 0);
  try {
    const bytes = new ArrayBuffer(40);
    new Uint8Array(bytes).set(new TextEncoder().encode(name));
    const view = new DataView(bytes);
    fill(view);
    const result = syscall(syscallNumber('ioctl'), fd, request, bytes);
    assert.equal(result, 0, `interface "${name}", request 0x${request.toString(16)}: ${-result}`);
    return view;
  } finally {
    closeSync(fd);
  }
}

/**
 * Makes two devices that are connected, and brings them up.
 *
 * @returns 0, or the errno that the kernel gave
 */
export function createPair(kind: 'veth' | 'netkit', name: string, peer: string): number {
  const empty = new Uint8Array(16);
  const data = attribute(PEER, join([empty, attribute(IFLA_IFNAME, text(peer))]));
  const info = join([attribute(IFLA_INFO_KIND, text(kind)), attribute(IFLA_INFO_DATA, data)]);
  const body = join([empty, attribute(IFLA_IFNAME, text(name)), attribute(IFLA_LINKINFO, info)]);
  const errno = newLink(body);
  if (errno !== 0) return errno;
  bringUp(name);
  bringUp(peer);
  return 0;
}

/** @returns the errno of the answer */
function newLink(body: Uint8Array): number {
  const message = new ArrayBuffer(16 + body.length);
  const view = new DataView(message);
  view.setUint32(0, message.byteLength, true);
  view.setUint16(4, RTM_NEWLINK, true);
  view.setUint16(6, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE_EXCL, true);
  new Uint8Array(message).set(body, 16);
  const fd = syscall(syscallNumber('socket'), AF_NETLINK, SOCK_RAW, 0);
  try {
    const sent = syscall(syscallNumber('sendto'), fd, message, message.byteLength, 0, 0, 0);
    assert.equal(sent, message.byteLength, `netlink: errno ${-sent}`);
    const answer = new ArrayBuffer(4096);
    const length = syscall(syscallNumber('recvfrom'), fd, answer, answer.byteLength, 0, 0, 0);
    assert.ok(length >= 20, `netlink: errno ${-length}`);
    return -new DataView(answer).getInt32(16, true);
  } finally {
    closeSync(fd);
  }
}

/** A datagram to ourselves over the loopback; where nobody listens one packet comes back too (ICMP). */
export function ping(port = 9): void {
  const fd = syscall(syscallNumber('socket'), AF_INET, SOCK_DGRAM, 0);
  try {
    const address = new ArrayBuffer(16);
    const view = new DataView(address);
    view.setUint16(0, AF_INET, true);
    view.setUint16(2, port, false);
    view.setUint32(4, 0x7f000001, false);
    assert.equal(syscall(syscallNumber('sendto'), fd, new ArrayBuffer(8), 8, 0, address, 16), 8);
  } finally {
    closeSync(fd);
  }
}

/** A descriptor that sees every packet of an interface, or sends some. The caller closes it. */
export function packetSocket(): number {
  const ETH_P_ALL_IN_NETWORK_ORDER = 0x0300;
  const fd = syscall(syscallNumber('socket'), AF_PACKET, SOCK_RAW, ETH_P_ALL_IN_NETWORK_ORDER);
  assert.ok(fd >= 0, `packet socket: errno ${-fd}`);
  return fd;
}

/** Where a packet socket is bound or sends: `struct sockaddr_ll`. */
export function packetAddress(name: string): ArrayBuffer {
  const address = new ArrayBuffer(20);
  const view = new DataView(address);
  view.setUint16(0, AF_PACKET, true);
  view.setUint16(2, 3, false);
  view.setInt32(4, interfaceIndex(name), true);
  return address;
}

/** Puts an Ethernet frame for everybody onto an interface. */
export function sendFrame(name: string): void {
  const fd = packetSocket();
  try {
    const frame = new ArrayBuffer(64);
    new Uint8Array(frame).fill(0xff, 0, 6);
    new DataView(frame).setUint16(12, 0x88b5, false); // for experiments
    const address = packetAddress(name);
    const sent = syscall(syscallNumber('sendto'), fd, frame, 64, 0, address, address.byteLength);
    assert.equal(sent, 64, `frame onto "${name}": errno ${-sent}`);
  } finally {
    closeSync(fd);
  }
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(`${value}\0`);
}

/** `struct nlattr`, padded to four bytes. */
function attribute(type: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array((4 + value.length + 3) & ~3);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 4 + value.length, true);
  view.setUint16(2, type, true);
  bytes.set(value, 4);
  return bytes;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
