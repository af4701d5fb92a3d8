import { referenceImage } from '../../models/reference-image.ts';
import { type Batch, paddedSize, type Scores, stackCrops } from '../batch.ts';
import type { Lane } from '../lane.ts';

type Shape = Parameters<typeof referenceImage>[0];
type Lanes = readonly Pick<Lane, 'run'>[];

/** Maximum batches per lane, and the time after which no lane starts another. */
const maxBatches = 8;
const budgetMs = 500;

/**
 * Runs every batch size once, so that an accelerator compiles and allocates before the first images wait for it, and every
 * size is checked. The largest comes first: TensorRT builds an engine for a range of sizes, and the one from the reference
 * image to the largest batch covers all.
 * @param check receives the scores of each batch of reference images
 */
export async function warmUp(
  lanes: Lanes,
  shape: Shape,
  batchSize: number,
  check: (scores: Scores, images: number) => void,
): Promise<void> {
  const batchOf = batchesOf(shape);
  const sizes: number[] = [];
  for (let size = paddedSize(batchSize); size > 1; size /= 2) sizes.push(size);
  await Promise.all(
    lanes.map(async (lane) => {
      for (const size of sizes) check(await lane.run(batchOf(size)), size);
    }),
  );
}

/** Images per second of all lanes together, in batches of `batchSize`. */
export async function measureSpeed(lanes: Lanes, shape: Shape, batchSize: number): Promise<number> {
  const batchOf = batchesOf(shape);
  const started = performance.now();
  let images = 0;
  await Promise.all(
    lanes.map(async (lane) => {
      for (let batch = 0; batch < maxBatches; batch += 1) {
        if (batch > 0 && performance.now() - started > budgetMs) return;
        await lane.run(batchOf(batchSize));
        images += batchSize;
      }
    }),
  );
  return (images * 1000) / (performance.now() - started);
}

/** Makes the reference image once: that takes longer than a fast device needs to score it. */
function batchesOf(shape: Shape): (size: number) => Batch {
  const image = referenceImage(shape);
  const [height, width] = shape;
  return (size) => stackCrops(new Array<Uint8Array>(size).fill(image), height, width);
}

/** Two digits below 10, whole numbers above. */
export function formatSpeed(imagesPerSecond: number): string {
  return imagesPerSecond < 10 ? imagesPerSecond.toPrecision(2) : String(Math.round(imagesPerSecond));
}
