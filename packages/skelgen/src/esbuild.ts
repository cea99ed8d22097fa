/**
 * esbuild plugin: `import { AppBpf } from './app.bpf.o'` bundles the object's skeleton.
 *
 * @module
 */

import { type BridgeOptions, OBJECT, skeletonModule } from './bridge/skeleton-module.js';

export type { BridgeOptions } from './bridge/skeleton-module.js';

/** The parts of esbuild's plugin interface that are used, so that esbuild need not be installed. */
export interface EsbuildPlugin {
  readonly name: string;
  setup(build: {
    onLoad(
      options: { filter: RegExp },
      callback: (args: { path: string }) => {
        contents?: string;
        loader?: 'ts';
        watchFiles?: string[];
        errors?: { text: string }[];
      },
    ): void;
  }): void;
}

/** Makes the plugin. */
export function skelgen(options: BridgeOptions = {}): EsbuildPlugin {
  return {
    name: 'skelgen',
    setup(build) {
      build.onLoad({ filter: OBJECT }, ({ path }) => {
        try {
          return { contents: skeletonModule(path, options), loader: 'ts', watchFiles: [path] };
        } catch (error) {
          return { errors: [{ text: (error as Error).message }] };
        }
      });
    },
  };
}
