/**
 * rtnetlink(7): requests to the kernel's routing socket and their answers, synchronous.
 *
 * A message is a header (length, type, flags, sequence, port), a fixed structure and attributes (length, type, payload), all padded
 * to four bytes. See linux/include/uapi/linux/netlink.h.
 */

import { SyscallError } from '../errors.js';
import { LITTLE } from './attr.js';
import { closeFd } from './fd.js';
import { keepAliveDuring } from './keep-alive.js';
import { addressOf, check, libc } from './native.js';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0x80000;
const NETLINK_ROUTE = 0;
const SOL_NETLINK = 270;
const NETLINK_EXT_ACK = 11;
const HEADER = 16;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLMSGERR_ATTR_MSG = 1;
const FLAG_CAPPED = 0x100;
const FLAG_ACK_TLVS = 0x200;
const NESTED = 0x8000;
const RECEIVE_SIZE = 64 * 1024;

export const NLM_F_REQUEST = 1;
export const NLM_F_ACK = 4;
export const NLM_F_ECHO = 8;
export const NLM_F_DUMP = 0x300;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;

/** The kernel refused a request; `text` is its own explanation, where it gives one. */
export class NetlinkError extends SyscallError {
  readonly text: string;
  constructor(errno: number, request: string, text: string) {
    super('netlink', errno, request);
    this.text = text;
  }
}

/** A message under construction. */
export class NetlinkMessage {
  readonly type: number;
  readonly flags: number;
  #bytes: number[] = [];

  constructor(type: number, flags: number) {
    this.type = type;
    this.flags = flags;
  }

  /** The fixed structure after the header. */
  fixed(bytes: Uint8Array): this {
    this.#bytes.push(...bytes);
    this.#pad();
    return this;
  }

  /** An attribute. */
  attribute(type: number, payload: Uint8Array): this {
    this.#bytes.push(...u16(4 + payload.length), ...u16(type), ...payload);
    this.#pad();
    return this;
  }

  u32(type: number, value: number): this {
    return this.attribute(type, u32(value));
  }

  string(type: number, text: string): this {
    return this.attribute(type, new TextEncoder().encode(`${text}\0`));
  }

  /** Attributes inside of an attribute. */
  nested(type: number, fill: (inner: NetlinkMessage) => void): this {
    const inner = new NetlinkMessage(0, 0);
    fill(inner);
    return this.attribute(type | NESTED, Uint8Array.from(inner.#bytes));
  }

  /** The whole message as the kernel takes it. */
  encode(sequence: number): Uint8Array {
    return Uint8Array.from([
      ...u32(HEADER + this.#bytes.length),
      ...u16(this.type),
      ...u16(this.flags | NLM_F_REQUEST),
      ...u32(sequence),
      ...u32(0),
      ...this.#bytes,
    ]);
  }

  #pad(): void {
    while (this.#bytes.length % 4 !== 0) this.#bytes.push(0);
  }
}

/** An answer of the kernel. */
export interface NetlinkAnswer {
  readonly type: number;
  /** Without the header. */
  readonly payload: Uint8Array;
}

/**
 * Sends a request and gives the answers: none for one that is only acknowledged, many for a dump.
 *
 * @param request - its name, for errors: `RTM_NEWQDISC`
 * @throws NetlinkError
 */
export function netlinkRequest(request: string, message: NetlinkMessage): NetlinkAnswer[] {
  const fd = check('socket', () =>
    libc('int socket(int family, int type, int protocol)')(
      AF_NETLINK,
      SOCK_RAW_CLOEXEC,
      NETLINK_ROUTE,
    ),
  );
  try {
    // Explanations of refusals; kernels before 4.12 have none.
    const one = new Uint8Array(new ArrayBuffer(4)).fill(1, 0, 1);
    libc('int setsockopt(int fd, int level, int name, intptr_t value, uint size)')(
      fd,
      SOL_NETLINK,
      NETLINK_EXT_ACK,
      addressOf(one.buffer),
      4,
    );
    const sequence = ++lastSequence;
    send(fd, message.encode(sequence));
    return receive(fd, request, sequence, (message.flags & NLM_F_DUMP) === NLM_F_DUMP);
  } finally {
    closeFd(fd);
  }
}

let lastSequence = 0;

function send(fd: number, bytes: Uint8Array): void {
  const stable = new Uint8Array(new ArrayBuffer(bytes.length));
  stable.set(bytes);
  keepAliveDuring(stable, () =>
    check('send', () =>
      libc('intptr_t send(int fd, intptr_t bytes, size_t length, int flags)')(
        fd,
        addressOf(stable.buffer),
        stable.length,
        0,
      ),
    ),
  );
}

function receive(fd: number, request: string, sequence: number, isDump: boolean): NetlinkAnswer[] {
  const answers: NetlinkAnswer[] = [];
  const buffer = new Uint8Array(new ArrayBuffer(RECEIVE_SIZE));
  for (;;) {
    const length = check('recv', () =>
      libc('intptr_t recv(int fd, intptr_t bytes, size_t length, int flags)')(
        fd,
        addressOf(buffer.buffer),
        buffer.length,
        0,
      ),
    );
    for (const { type, sequence: of, payload } of messages(buffer.subarray(0, length))) {
      if (of !== sequence) continue;
      if (type === NLMSG_DONE) return answers;
      if (type === NLMSG_ERROR) {
        const errno = -new DataView(payload.buffer, payload.byteOffset).getInt32(0, LITTLE);
        if (errno === 0) return answers;
        throw new NetlinkError(errno, request, explanation(payload));
      }
      answers.push({ type, payload: payload.slice() });
    }
    if (!isDump && length === 0) return answers;
  }
}

function* messages(
  bytes: Uint8Array,
): Generator<
  { type: number; sequence: number; payload: Uint8Array; flags: number },
  void,
  undefined
> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const length = view.getUint32(at, LITTLE);
    if (length < HEADER || at + length > bytes.length) return;
    yield {
      type: view.getUint16(at + 4, LITTLE),
      flags: view.getUint16(at + 6, LITTLE),
      sequence: view.getUint32(at + 8, LITTLE),
      payload: bytes.subarray(at + HEADER, at + length),
    };
    at += (length + 3) & ~3;
  }
}

/** What the kernel says beside the number: an attribute after the (capped) copy of the request. */
function explanation(payload: Uint8Array): string {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  if (payload.length < 4 + HEADER) return '';
  // The header before the payload has the flags, the copied header after errno the request's length.
  const flags = new DataView(payload.buffer).getUint16(payload.byteOffset - HEADER + 6, LITTLE);
  if ((flags & FLAG_ACK_TLVS) === 0) return '';
  const copied = (flags & FLAG_CAPPED) !== 0 ? HEADER : (view.getUint32(4, LITTLE) + 3) & ~3;
  const text = readAttributes(payload.subarray(4 + copied)).get(NLMSGERR_ATTR_MSG);
  return text === undefined ? '' : cText(text);
}

/** Attributes by type; of several of one type the last. */
export function readAttributes(bytes: Uint8Array): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = view.getUint16(at, LITTLE);
    if (length < 4 || at + length > bytes.length) break;
    found.set(view.getUint16(at + 2, LITTLE) & 0x3fff, bytes.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return found;
}

/** A number of an attribute, 0 if it is absent. */
export function attributeU32(bytes: Uint8Array | undefined): number {
  if (bytes === undefined || bytes.length < 4) return 0;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, LITTLE);
}

/** Bytes up to the first NUL as text. */
export function cText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end));
}

function u16(value: number): Uint8Array {
  return new Uint8Array(Uint16Array.of(value).buffer);
}

function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value >>> 0).buffer);
}
