/**
 * BTF and BTF.ext: bytes ↔ types, look-up, sizes, CO-RE. Pure: no dependency, no Node API, nothing printed.
 */

export { Btf } from './btf.js';
export {
  BtfBuilder,
  type BtfBuilderOptions,
  btfBuilder,
  type NewComposite,
  type NewMember,
} from './builder.js';
export { convertEndianness, convertExtEndianness } from './convert-endianness.js';
export type { CoreTarget } from './core-candidates.js';
export { CoreKind } from './core-kind.js';
export { type CoreAccessor, type CoreSpec, formatCoreSpec, parseCoreSpec } from './core-spec.js';
export { typesAreCompatible, type Verdict } from './core-type-match.js';
export { type DedupOptions, type DedupResult, dedupBtf } from './dedup.js';
export {
  type BtfExtContents,
  type EncodeBtfExtOptions,
  encodeBtfExt,
  encodeFuncInfo,
  encodeLineInfo,
  FUNC_INFO_RECORD_SIZE,
  LINE_INFO_RECORD_SIZE,
} from './encode-btf-ext.js';
export {
  BtfError,
  type BtfErrorCode,
  type BtfErrorFacts,
  type BtfFormat,
  isBtfError,
} from './errors.js';
export { essentialName } from './essential-name.js';
export { isKernelOnlyStruct, isKernelPointerTag } from './kernel-only.js';
export { type FoundMember, findMember, isBitField, memberByteOffset } from './member.js';
export { type ParseBtfOptions, parseBtf } from './parse-btf.js';
export {
  type BtfExt,
  type BtfExtPart,
  type BtfExtSection,
  type CoreRelocation,
  type FuncInfo,
  type LineInfo,
  parseBtfExt,
} from './parse-btf-ext.js';
export { formatRaw, rawListing } from './raw-listing.js';
export {
  type CoreContext,
  type CoreFailure,
  type CoreRejection,
  type CoreResult,
  type CoreSuccess,
  createCoreContext,
  relocateCore,
} from './relocate-core.js';
export { type BtfExtMapping, remapBtfExt } from './remap-btf-ext.js';
export {
  type BtfArray,
  type BtfComposite,
  type BtfConst,
  type BtfDatasec,
  type BtfDeclTag,
  type BtfEnum,
  type BtfEnum64,
  type BtfFloat,
  type BtfFunc,
  type BtfFuncProto,
  type BtfFwd,
  type BtfInt,
  BtfKind,
  type BtfLinkage,
  type BtfMember,
  type BtfPtr,
  type BtfReference,
  type BtfRestrict,
  type BtfStruct,
  type BtfType,
  type BtfTypedef,
  type BtfTypeTag,
  type BtfUnion,
  type BtfUnknown,
  type BtfVar,
  type BtfVoid,
  type BtfVolatile,
} from './types.js';
export { validateBtf } from './validate-btf.js';
export { type BtfCodec, compileCodec } from './value-codec.js';
