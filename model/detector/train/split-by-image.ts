import { seededRandom, shuffle } from '../../../shared/random/seeded-random.ts';

/** Images to learn from and to test on. */
export interface ImageSplit<T> {
  readonly train: readonly T[];
  readonly test: readonly T[];
}

export interface SplitImage {
  /** Images with the same content have the same digest. */
  readonly digest: string;
  readonly objects?: readonly { readonly exempt?: unknown }[];
}

/**
 * Splits images into folds of about the same size: each image is tested once. Copies of an image are in the same fold, or the test would be
 * on an image that was learned. Images with objects are spread evenly. The order of the images is kept.
 * @returns `folds` folds, or one per different image if there are fewer
 */
export function splitByImage<T extends SplitImage>(
  images: readonly T[],
  { folds, seed }: { readonly folds: number; readonly seed: number },
): ImageSplit<T>[] {
  const hasObjects = ({ objects = [] }: T) => objects.some(({ exempt }) => exempt === undefined);
  const withObjects = new Set(images.filter(hasObjects).map(({ digest }) => digest));
  const shuffled = shuffle([...new Set(images.map(({ digest }) => digest))], seededRandom(seed));
  const digests = [
    ...shuffled.filter((digest) => withObjects.has(digest)),
    ...shuffled.filter((digest) => !withObjects.has(digest)),
  ];
  const foldOf = new Map(digests.map((digest, index) => [digest, index % folds]));
  return Array.from({ length: Math.min(folds, digests.length) }, (_, fold) => ({
    train: images.filter(({ digest }) => foldOf.get(digest) !== fold),
    test: images.filter(({ digest }) => foldOf.get(digest) === fold),
  }));
}
