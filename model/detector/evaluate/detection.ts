import type { Box } from '../../../shared/regions/region.ts';
import type { AnnotatedObject } from '../annotations/annotation.ts';

/** An object that a detector found in an image. */
export interface Detection extends Box {
  readonly image: string;
  readonly label: string;
  readonly probability: number;
}

/** An object that is in an image. */
export interface GroundTruth extends AnnotatedObject {
  readonly image: string;
}

/** Most probable first; equally probable ones in the given order. */
export function byProbability<T extends { readonly probability: number }>(items: readonly T[]): T[] {
  return items.toSorted((a, b) => b.probability - a.probability);
}

/** The labels of objects that a detector should find, sorted by code point. */
export function labelsOf(truth: readonly GroundTruth[]): string[] {
  return [...new Set(truth.filter(({ exempt }) => exempt === undefined).map(({ label }) => label))].sort();
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
