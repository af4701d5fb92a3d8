import { maxAbsoluteDifference } from '../../../model/verify/max-absolute-difference.ts';
import type { Prediction } from '../../../model/verify/predict-crops.ts';
import { type Batch, type Scores, stackCrops } from '../../../shared/inference/batch.ts';
import type { Session } from '../../../shared/inference/session.ts';
import type { Model } from '../../../shared/models/model-directory.ts';

/** A batch of crops that repeat; each call returns a copy, since a run takes its pixels away. */
export function batchOf(size: number, crops: readonly Uint8Array[], { manifest }: Model): () => Batch {
  const [height, width] = manifest.input.shape;
  const batch = stackCrops(
    Array.from({ length: size }, (_, row) => crops[row % crops.length] ?? new Uint8Array()),
    height,
    width,
  );
  return () => ({ ...batch, pixels: batch.pixels.slice() });
}

/** The scores of a batch, one prediction per image. */
export function predictionsOf({ probabilities, embeddings }: Scores, size: number): Prediction[] {
  const row = (data: Float32Array, index: number) =>
    data.slice((index * data.length) / size, ((index + 1) * data.length) / size);
  return Array.from({ length: size }, (_, index) => ({
    probabilities: row(probabilities, index),
    embedding: row(embeddings, index),
  }));
}

/** Runs a batch once in every lane, so that kernels are compiled. Returns the largest difference from the reference. */
export async function warmUp(session: Session, next: () => Batch, reference: readonly Prediction[]): Promise<number> {
  const { size } = next();
  const runs = await Promise.all(Array.from({ length: session.parallel }, () => session.run(next())));
  const differences = runs
    .flatMap((scores) => predictionsOf(scores, size).entries().toArray())
    .map(([row, { probabilities }]) => {
      const expected = reference[row % reference.length];
      return expected === undefined ? 0 : maxAbsoluteDifference(expected.probabilities, probabilities);
    });
  return Math.max(...differences);
}

export interface NetworkRate {
  readonly imagesPerSecond: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly batches: number;
}

/**
 * Runs batches that are in memory, as many at a time as the session has lanes, for `measureMs` but at least one per lane.
 */
export async function measureRate(session: Session, next: () => Batch, measureMs: number): Promise<NetworkRate> {
  const { size } = next();
  const latencies: number[] = [];
  const started = performance.now();
  await Promise.all(
    Array.from({ length: session.parallel }, async () => {
      do {
        const submitted = performance.now();
        await session.run(next());
        latencies.push(performance.now() - submitted);
      } while (performance.now() - started < measureMs);
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  return {
    imagesPerSecond: (latencies.length * size) / seconds,
    p50Ms: percentile(latencies, 0.5),
    p95Ms: percentile(latencies, 0.95),
    batches: latencies.length,
  };
}

/** The nearest rank: the smallest value that at least this share of the values does not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
