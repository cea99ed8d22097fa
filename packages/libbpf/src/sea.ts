/**
 * For tools that are one executable (Node's single executable applications): koffi out of the executable itself.
 *
 * Import this first in the tool's entry; it does nothing in an ordinary Node process.
 *
 * @module
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Koffi, provideKoffi } from './sys/native.js';

/** Name of the asset that holds koffi's native module. */
const ASSET = 'koffi.node';

/** What is used of `node:sea`, which Node has from 20.12 on. */
interface Sea {
  isSea(): boolean;
  getRawAsset(name: string): ArrayBuffer;
}

const sea = findSea();
if (sea?.isSea()) provideKoffi(() => loadEmbedded(sea));

function findSea(): Sea | undefined {
  try {
    // Absolute, so that it resolves in a bundle too; built-in modules resolve from anywhere.
    return createRequire('/')('node:sea') as Sea;
  } catch {
    return undefined;
  }
}

/** A native module must be a file when it is loaded; it is gone right after. */
function loadEmbedded(from: Sea): Koffi {
  const bytes = new Uint8Array(from.getRawAsset(ASSET));
  let problem: unknown;
  // Folders for temporary files may be missing, read-only or mounted noexec.
  for (const folder of new Set([tmpdir(), '/tmp', '/dev/shm', '/run', '.'])) {
    let scratch: string | undefined;
    try {
      scratch = mkdtempSync(join(folder, 'libbpf-ts-'));
      const file = join(scratch, ASSET);
      writeFileSync(file, bytes, { mode: 0o700 });
      const native = { exports: {} };
      process.dlopen(native, file);
      return native.exports as Koffi;
    } catch (error) {
      problem ??= error;
    } finally {
      if (scratch !== undefined) rmSync(scratch, { recursive: true, force: true });
    }
  }
  throw problem;
}
