import type { ImageExamples } from '../../model/finetune/image-examples.ts';
import { seededRandom } from '../../shared/random/seeded-random.ts';

/**
 * Synthetic embeddings of one crop per image: a cluster per class, `spread` wide, with centers about 1 apart.
 * @param images number of images per class
 */
export function clusters(
  images: readonly number[],
  { size = 8, spread = 0.1, seed = 1 }: { size?: number; spread?: number; seed?: number } = {},
): ImageExamples {
  const random = seededRandom(seed);
  const centers = images.map(() => Array.from({ length: size }, () => 2 * random()));
  const labels = images.flatMap((count, label) => Array.from({ length: count }, () => label));
  const embeddings = Float32Array.from({ length: labels.length * size }, (_, at) => {
    const center = centers[labels[Math.floor(at / size)] ?? 0]?.[at % size] ?? 0;
    return center + spread * (random() + random() - 1);
  });
  return {
    embeddings,
    size,
    labels: BigInt64Array.from(labels, BigInt),
    classes: images.length,
    crops: 1,
    averaged: [0],
  };
}
