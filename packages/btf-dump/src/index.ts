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
export { type DumpCBytesOptions, type DumpCOptions, dumpC, dumpCBytes } from './dump-c.js';
export { type DumpJsonOptions, dumpJson } from './dump-json.js';
export { type DumpTypeScriptOptions, dumpTypeScript } from './dump-typescript.js';
export {
  BtfDumpError,
  type BtfDumpErrorCode,
  type BtfDumpErrorFacts,
  isBtfDumpError,
} from './errors.js';
export { type FormatValueOptions, formatValue } from './format-value.js';
export {
  createTypeScriptNames,
  pascalCase,
  propertyKey,
  safeIdentifier,
  type TypeScriptNames,
} from './typescript-names.js';
export { type NameOfType, type TypeScriptType, typescriptType } from './typescript-type.js';
