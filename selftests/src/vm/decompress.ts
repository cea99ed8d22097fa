/** Unpacks what kernels and modules are packed with, told by the first bytes. zstd and xz by the programs of that name. */

import { spawn } from 'node:child_process';
import { gunzipSync } from 'node:zlib';

/** The unpacked bytes; those of an unknown format as they are. @throws Error if the program that unpacks is missing or fails */
export async function decompress(bytes: Buffer): Promise<Buffer> {
  if (startsWith(bytes, [0x1f, 0x8b])) return gunzipSync(bytes);
  if (startsWith(bytes, [0xfd, 0x37, 0x7a, 0x58, 0x5a]))
    return pipe('xz', ['-dc', '--single-stream'], bytes);
  if (startsWith(bytes, [0x28, 0xb5, 0x2f, 0xfd])) return pipe('zstd', ['-dc'], bytes);
  if (startsWith(bytes, [0x02, 0x21, 0x4c, 0x18])) return pipe('lz4', ['-dc'], bytes);
  return bytes;
}

/**
 * The vmlinux inside an x86 boot image. Documentation/arch/x86/boot.rst: the payload starts `payload_offset` (0x248) past the
 * real-mode part of `setup_sects` + 1 sectors; its last 4 bytes are the unpacked size, which gzip has as its own trailer.
 */
export async function unpackBootImage(image: Buffer): Promise<Buffer> {
  if (image.toString('latin1', 0x202, 0x206) !== 'HdrS')
    throw new Error('not an x86 boot image: no "HdrS" at 0x202');
  const start = ((image.readUInt8(0x1f1) || 4) + 1) * 512 + image.readUInt32LE(0x248);
  const payload = image.subarray(start, start + image.readUInt32LE(0x24c));
  const isGzip = startsWith(payload, [0x1f, 0x8b]);
  return decompress(isGzip ? payload : payload.subarray(0, -4));
}

function startsWith(bytes: Buffer, magic: readonly number[]): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

function pipe(program: string, args: readonly string[], input: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child.on('error', (error) =>
      reject(
        new Error(
          `${program}: ${error.message} (Debian: apt-get install ${program}-utils or ${program})`,
        ),
      ),
    );
    child.on('close', (status) => {
      if (status === 0) resolve(Buffer.concat(chunks));
      else reject(new Error(`${program}: exit status ${status}: ${errors.trim()}`));
    });
    child.stdin.on('error', () => undefined); // it ended before it read all: its status says why
    child.stdin.end(input);
  });
}
