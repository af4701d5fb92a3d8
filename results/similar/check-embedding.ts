import { UserError } from '../../shared/failures/user-error.ts';

/** @throws {UserError} for an embedding that cannot be compared with those of `dimensions` numbers */
export function checkEmbedding(embedding: Float32Array, dimensions: number): void {
  if (embedding.length !== dimensions) {
    throw new UserError(`expected an embedding of ${dimensions} numbers, got ${embedding.length}`);
  }
  if (!embedding.every(Number.isFinite)) throw new UserError('expected an embedding of finite numbers, got others too');
  if (embedding.every((value) => value === 0)) {
    throw new UserError('an embedding of zeros alone is similar to nothing: it has no direction');
  }
}

/** A cosine that rounding has carried a little too far, back in its range. */
export function clampCosine(value: number): number {
  return Math.min(1, Math.max(-1, value));
}
