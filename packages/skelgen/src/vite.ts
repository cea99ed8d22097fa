/**
 * Vite and Rollup plugin: `import { AppBpf } from './app.bpf.o'` gives the object's skeleton. Vite compiles the TypeScript.
 *
 * @module
 */

import { dirname, resolve } from 'node:path';
import { type BridgeOptions, OBJECT, skeletonModule } from './bridge/skeleton-module.js';

export type { BridgeOptions } from './bridge/skeleton-module.js';

/** The parts of Vite's plugin interface that are used, so that Vite need not be installed. */
export interface VitePlugin {
  readonly name: string;
  readonly enforce: 'pre';
  resolveId(source: string, importer: string | undefined): string | undefined;
  load(this: { addWatchFile?(file: string): void }, id: string): string | undefined;
}

/** Behind an object's path it makes an id that Vite takes for TypeScript. */
const SUFFIX = '.skel.ts';

/** Makes the plugin. */
export function skelgen(options: BridgeOptions = {}): VitePlugin {
  return {
    name: 'skelgen',
    enforce: 'pre',
    resolveId(source, importer) {
      if (!OBJECT.test(source)) return undefined;
      const from = importer === undefined ? process.cwd() : dirname(importer);
      return `${resolve(from, source)}${SUFFIX}`;
    },
    load(id) {
      const file = id.endsWith(SUFFIX) ? id.slice(0, -SUFFIX.length) : '';
      if (!OBJECT.test(file)) return undefined;
      this.addWatchFile?.(file);
      return skeletonModule(file, options);
    },
  };
}
