/**
 * For sibling packages and tests; not for users, may change at any time.
 *
 * @module
 */

export { forgetAnswers } from './load/answers.js';
export { type FeatureName, hasFeature } from './load/features.js';
export { vmlinuxBtf } from './load/kernel-btf.js';
export { translatedInstructions } from './load/kernel-info.js';
export { newMapSpec } from './open/map-definitions.js';
export { objGet } from './sys/bpf.js';
export { closeFd } from './sys/fd.js';
export { type FaultInjector, injectFaults, provideKoffi } from './sys/native.js';
