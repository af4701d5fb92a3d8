import type { Examples } from '../../model/finetune/linear-head.ts';
import { seededRandom } from '../../model/finetune/seeded-random.ts';

/**
 * Made-up embeddings: of each class a cloud around a point of its own, `spread` wide where centres are about 1 apart.
 * @param images of each class
 */
export function clusters(
  images: readonly number[],
  { size = 8, spread = 0.1, seed = 1 }: { size?: number; spread?: number; seed?: number } = {},
): Examples {
  const random = seededRandom(seed);
  const centres = images.map(() => Array.from({ length: size }, () => 2 * random()));
  const labels = images.flatMap((count, own) => Array.from({ length: count }, () => own));
  const embeddings = Float32Array.from({ length: labels.length * size }, (_, at) => {
    const centre = centres[labels[Math.floor(at / size)] ?? 0]?.[at % size] ?? 0;
    return centre + spread * (random() + random() - 1);
  });
  return { embeddings, size, labels: BigInt64Array.from(labels, BigInt), classes: images.length };
}
