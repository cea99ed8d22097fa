/**
 * BTF as C or TypeScript declarations, typed bytes as text. Pure: no Node API, nothing printed.
 */

export { type BtfCodec, compileCodec } from '@libbpf-ts/btf';
export {
  type CDumper,
  type CDumperOptions,
  createCDumper,
  emitTypeDeclaration,
  type TypeDeclarationOptions,
} from './c-dumper.js';
export { type DumpCOptions, dumpC, dumpCBytes } from './dump-c.js';
export {
  BtfDumpError,
  type BtfDumpErrorCode,
  type BtfDumpErrorFacts,
  isBtfDumpError,
} from './errors.js';
export { type FormatValueOptions, formatValue } from './format-value.js';
