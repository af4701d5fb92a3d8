import { seededRandom, shuffle } from '../../../shared/random/seeded-random.ts';

/** Images to learn from and to test on. */
export interface ImageSplit<T> {
  readonly train: readonly T[];
  readonly test: readonly T[];
}

/**
 * Splits images into folds of about the same size: each image is tested once. Copies of an image are in the same fold, or the test would
 * be on an image that was learned. The order of the images is kept.
 * @returns `folds` folds, or one per different image if there are fewer
 */
export function splitByImage<T extends { readonly digest: string }>(
  images: readonly T[],
  { folds, seed }: { readonly folds: number; readonly seed: number },
): ImageSplit<T>[] {
  const digests = shuffle([...new Set(images.map(({ digest }) => digest))], seededRandom(seed));
  const foldOf = new Map(digests.map((digest, index) => [digest, index % folds]));
  return Array.from({ length: Math.min(folds, digests.length) }, (_, fold) => ({
    train: images.filter(({ digest }) => foldOf.get(digest) !== fold),
    test: images.filter(({ digest }) => foldOf.get(digest) === fold),
  }));
}
