/**
 * `node --import @libbpf-ts/skelgen/register app.js`: `import { AppBpf } from './app.bpf.o'` gives the object's skeleton.
 *
 * @module
 */

import { register } from 'node:module';

register('./bridge/hooks.js', import.meta.url);
