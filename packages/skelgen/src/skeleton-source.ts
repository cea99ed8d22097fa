/**
 * An object file → the source of its skeleton, in either language: what `skelgen skeleton` and `skelgen build` print.
 */

import { basename } from 'node:path';
import { SkelgenError } from './failure.js';
import { generateDeclarations } from './generate/generate-declarations.js';
import { generateSkeleton } from './generate/generate-skeleton.js';
import { generateSubskeleton } from './generate/generate-subskeleton.js';
import { generateCSkeleton } from './generate-c/generate-c-skeleton.js';
import { generateCSubskeleton } from './generate-c/generate-c-subskeleton.js';
import { type ObjectFile, skeletonName } from './object-file.js';
import { version } from './version.js';

/** `dts`: the declarations of `ts`, for objects that are imported as they are. */
export type Language = 'ts' | 'c' | 'dts';

export interface SourceOptions {
  readonly name?: string | undefined;
  readonly lang?: Language | undefined;
  /** Default: `base64`. */
  readonly embed?: 'base64' | 'file' | undefined;
  readonly types?: readonly string[] | undefined;
  /** `MAP=TYPE`. */
  readonly records?: readonly string[] | undefined;
}

/** Name of the skeleton of a file. @throws SkelgenError `SKELGEN_BAD_NAME` */
export function nameOf(file: string, name: string | undefined): string {
  if (name === undefined) return skeletonName(file);
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(name)) {
    throw new SkelgenError(
      'SKELGEN_BAD_NAME',
      `name ${JSON.stringify(name)}: expected a C identifier of at most 63 characters`,
    );
  }
  return name;
}

/** @throws SkelgenError */
export function skeletonSource(
  file: string,
  { bytes, object }: ObjectFile,
  options: SourceOptions,
  objectFile: string | undefined,
): string {
  const name = nameOf(file, options.name);
  const common = { name, sourceName: basename(file), version: version() };
  if (options.lang === 'c') return generateCSkeleton(object, { ...common, bytes });
  if (options.lang === 'dts') return generateDeclarations(object, common);
  return generateSkeleton(object, {
    ...common,
    bytes,
    objectFile,
    types: options.types,
    records: parseRecords(options.records ?? []),
  });
}

export function subskeletonSource(
  file: string,
  { object }: ObjectFile,
  options: SourceOptions,
): string {
  const name = nameOf(file, options.name);
  const common = { name, sourceName: basename(file), version: version() };
  if (options.lang === 'c') return generateCSubskeleton(object, common);
  return generateSubskeleton(object, { ...common, types: options.types });
}

function parseRecords(texts: readonly string[]): Map<string, string> {
  return new Map(
    texts.map((text): [string, string] => {
      const at = text.indexOf('=');
      if (at < 1 || at === text.length - 1)
        throw new SkelgenError('SKELGEN_BAD_RECORDS', `--records ${text}: expected MAP=TYPE`);
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}
