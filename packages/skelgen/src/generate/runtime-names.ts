/**
 * Names that no type of an object may take in a generated module: everything that `@libbpf-ts/libbpf/skel` exports, and the
 * globals that modules use. Its test says what is missing here.
 */

import { mapKinds } from '@libbpf-ts/libbpf/open';

const VALUES =
  'checkedBig CharWindow StructOpsShadow DataSection StructView arrayOf base64 biguint32 biguint64 bigint64 bool bytes chars clear clearFor defineSkeleton defineSubskeleton LinkedSection variables encodeMember fileBeside float32 float64 given int128 int16 int32 int8 load loadNumbers numbers readBigBits readBigSignedBits readBits readBool readBoolBits readBytes readChars readInt128 readNumbers readSignedBits readUint128 store storeChars storeNumbers uint128 uint16 uint32 uint8 viewArray writeBigInt64 writeBigUint64 writeBits writeBool writeBytes writeChars writeFloat32 writeFloat64 writeInt128 writeInt16 writeInt32 writeInt8 writeNumbers writeUint128 writeUint16 writeUint32 writeUint8';
const TYPES =
  'LoadedMap NumberInput OpenStructOpsMap PerCpuMap ReadableMap SectionMemory SkeletonDefinition StorageMap StreamMap SubskeletonDefinition BpfLink ProgramReference IntLayout CharsInput Codec LoadedBpfProgram LoadedSkeleton OpenBpfProgram OpenMap OpenSectionMap OpenSkeleton SectionMap Skeleton ViewArray StructOpsMap OpenSubskeleton LoadedSubskeleton Subskeleton';
const GLOBALS =
  'Array ArrayLike BigInt64Array BigUint64Array Boolean Buffer DataView Disposable Float32Array Float64Array Int16Array Int32Array Int8Array Iterable Map Number Object Omit Partial Promise Readonly Record Set String Symbol URL Uint16Array Uint32Array Uint8Array';

export const RUNTIME_NAMES: readonly string[] = [
  ...mapKinds.map(({ interfaceName }) => interfaceName),
  ...`${VALUES} ${TYPES} ${GLOBALS}`.split(' '),
];
