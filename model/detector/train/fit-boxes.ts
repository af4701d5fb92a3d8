import { seededRandom, shuffle } from '../../../shared/random/seeded-random.ts';
import { boxOffsets } from '../../../shared/regions/box-offsets.ts';
import type { LinearHead } from '../../finetune/linear-head.ts';
import { nearestObject } from './assign-classes.ts';
import { candidateRows, type DetectorExamples, type DetectorImage } from './detector-examples.ts';
import { applyMap, fitRidge, innerProducts } from './ridge.ts';
import { splitByImage } from './split-by-image.ts';

/** A region is an example from this intersection over union on (R-CNN, appendix C). */
const minOverlap = 0.6;
/** The time to solve grows with the cube of their number. */
const maxExamples = 1200;
/** Candidates, strongest first. */
const penalties: readonly number[] = [1000, 100, 10, 1, 0.1];
const innerFolds = 3;

export interface FittedBoxes {
  /** From an embedding to `BoxOffsets`, the same for all labels. */
  readonly layer: LinearHead;
  /** See `fitRidge`; chosen by cross-validation over images. */
  readonly penalty: number;
  /** Number of regions that it was fitted to. */
  readonly examples: number;
}

/**
 * Fits box regression: predicts from the embedding of a region how far the object's box is from the region's.
 * @returns undefined if no proposal or whole image overlaps an object enough
 */
export function fitBoxes(
  { embeddings, size }: DetectorExamples,
  images: readonly DetectorImage[],
  seed: number,
): FittedBoxes | undefined {
  const all = images.flatMap((image) =>
    candidateRows(image).flatMap(({ row, box }) => {
      const nearest = nearestObject(box, image.objects);
      if (nearest === undefined || nearest.overlap < minOverlap) return [];
      const embedding = embeddings.subarray(row * size, (row + 1) * size);
      return [{ digest: image.digest, embedding, target: boxOffsets(box, nearest.object) }];
    }),
  );
  const chosen = all.length <= maxExamples ? all : shuffle(all, seededRandom(seed)).slice(0, maxExamples);
  if (chosen.length === 0) return undefined;
  const examples = {
    products: innerProducts(chosen.map(({ embedding }) => embedding)),
    embeddings: chosen.map(({ embedding }) => embedding),
    targets: chosen.map(({ target }) => target),
  };
  const rows = chosen.map(({ digest }, row) => ({ digest, row }));
  const splits = splitByImage(rows, { folds: innerFolds, seed });
  const errors = penalties.map((penalty) => {
    let error = 0;
    for (const { train, test } of splits) {
      if (train.length === 0) continue;
      const map = fitRidge(
        examples,
        train.map(({ row }) => row),
        penalty,
      );
      for (const { row } of test) error += squaredError(map, chosen[row]);
    }
    return error;
  });
  const penalty = penalties[errors.indexOf(Math.min(...errors))] ?? 1;
  const map = fitRidge(examples, [...chosen.keys()], penalty);
  return { layer: map, penalty, examples: chosen.length };
}

function squaredError(
  map: LinearHead,
  example: { readonly embedding: Float32Array; readonly target: readonly number[] } | undefined,
): number {
  if (example === undefined) return 0;
  const predicted = applyMap(map, example.embedding);
  return predicted.reduce((sum, value, output) => sum + (value - (example.target[output] ?? 0)) ** 2, 0);
}
