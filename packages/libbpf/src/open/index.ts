/**
 * The pure half: object files to object models, with no privilege, no native code and no Node.
 *
 * @module
 */

export {
  type MapAccess,
  type MapKind,
  type MapTypeParameter,
  type MapValue,
  mapKind,
  mapKinds,
} from '../map/map-kinds.js';
export {
  ATTACH_TYPES,
  type AttachTypeName,
  attachType,
  MAP_TYPES,
  type MapTypeName,
  mapType,
  PROG_TYPES,
  type ProgTypeName,
  progType,
} from './constants.js';
export { internalMapName, objectNameOf, sanitizeIdentifier, sectionIdentifier } from './names.js';
export type {
  AttachWay,
  ExternSpec,
  FunctionSpec,
  InstructionRelocation,
  MapSpec,
  ObjectSpec,
  ProgramSpec,
  SectionDefinition,
  StructOpsSpec,
  VariableSpec,
} from './object-spec.js';
export { type ParseOptions, parseObject } from './parse-object.js';
export {
  findSectionDefinition,
  registerSectionHandler,
  SECTION_TABLE,
  type SectionHandler,
  unregisterSectionHandler,
} from './section-table.js';
