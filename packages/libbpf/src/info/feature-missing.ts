import { FeatureError } from '../errors.js';

/** The running kernel lacks a way of being asked. */
export function noFeature(label: string, since: string, cause: unknown): FeatureError {
  return new FeatureError(label, since, { cause });
}
