import { elementCount } from '../../../model/onnx/tensor.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export interface CaseWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** A small model with one input and one output. */
export interface ModelCase {
  readonly format: 'layers-model' | 'graph-model';
  readonly topology: Json;
  readonly weights: readonly CaseWeight[];
  /** Without the batch, channels last. */
  readonly inputShape: readonly number[];
}

/** Deterministic numbers between −1 and 1 that differ from weight to weight. */
export function caseFloats(shape: readonly number[], seed: string): Float32Array {
  const phase =
    Array.from(seed, (character) => character.charCodeAt(0)).reduce((sum, code) => sum * 1.3 + code, 0) % 17;
  return Float32Array.from({ length: elementCount(shape) }, (_, index) => Math.sin(index * 12.9898 + phase));
}

/** Weights for tests; a variance must be positive. */
export function caseWeight(name: string, shape: readonly number[]): CaseWeight {
  const data = caseFloats(shape, name);
  return { name, shape, data: name.endsWith('variance') ? data.map((value) => 1.5 + value) : data };
}

/** The input of a case, [height, width, channels]. */
export function caseInput({ inputShape }: ModelCase): Float32Array {
  return caseFloats(inputShape, 'image');
}
