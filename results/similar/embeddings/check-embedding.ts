import { UserError } from '../../../shared/failures/user-error.ts';

/** @throws {UserError} for an embedding without a direction, or not of `dimensions` numbers */
export function checkEmbedding(embedding: Float32Array, dimensions: number): void {
  if (embedding.length !== dimensions) {
    throw new UserError(`give an embedding of ${dimensions} numbers, not ${embedding.length}`);
  }
  if (!embedding.every(Number.isFinite)) throw new UserError('the embedding contains NaN or infinite numbers');
  if (embedding.every((value) => value === 0)) {
    throw new UserError('the embedding is all zeros: it has no direction, so no image is similar to it');
  }
}

/** Brings a cosine that rounding moved out of range back to -1 to 1. */
export function clampCosine(value: number): number {
  return Math.min(1, Math.max(-1, value));
}
