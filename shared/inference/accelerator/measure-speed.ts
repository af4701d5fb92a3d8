import type { Scores } from '../batch.ts';
import { type Batch, paddedSize, stackCrops } from '../batch.ts';
import type { Lane } from '../lane.ts';
import { referenceImage } from './reference-image.ts';

type Shape = Parameters<typeof referenceImage>[0];
type Lanes = readonly Pick<Lane, 'run'>[];

/** Batches that each thread runs at most, and the time after which none begins another. */
const batches = 8;
const budgetMs = 500;

/**
 * Runs every size of batch that will come, so that what an accelerator compiles or allocates for a shape is done before
 * the first images wait for it, and so that no size comes unproven. The largest comes first: TensorRT makes an engine for
 * a range of sizes, and what lies between the largest and the single image that the known answer was is then covered.
 * @param check given the scores of each batch, all of whose images are the known one
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

/** Images a second of all threads together, in batches of `batchSize`. */
export async function measureSpeed(lanes: Lanes, shape: Shape, batchSize: number): Promise<number> {
  const batchOf = batchesOf(shape);
  const started = performance.now();
  let images = 0;
  await Promise.all(
    lanes.map(async (lane) => {
      for (let batch = 0; batch < batches; batch += 1) {
        if (batch > 0 && performance.now() - started > budgetMs) return;
        await lane.run(batchOf(batchSize));
        images += batchSize;
      }
    }),
  );
  return (images * 1000) / (performance.now() - started);
}

/** Makes batches of the known image, which itself takes longer to make than a fast device to answer. */
function batchesOf(shape: Shape): (size: number) => Batch {
  const image = referenceImage(shape);
  const [height, width] = shape;
  return (size) => stackCrops(new Array<Uint8Array>(size).fill(image), height, width);
}
