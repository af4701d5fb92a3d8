import { paddedSize, stack } from '../batch.ts';
import type { Lane } from '../session-lane.ts';
import { knownImage } from './known-image.ts';

type Shape = Parameters<typeof knownImage>[0];

/** Batches that each thread runs at most, and the time after which none begins another. */
const batches = 8;
const budgetMs = 500;

/**
 * Runs every size of batch that will come, so that what an accelerator compiles or allocates for a shape is done before
 * the first images wait for it. The largest comes first: TensorRT makes an engine for a range of sizes, and what lies
 * between the largest and the single image that the known answer was is then covered.
 */
export async function warmUp(lanes: readonly Lane[], shape: Shape, batchSize: number): Promise<void> {
  const sizes: number[] = [];
  for (let size = paddedSize(batchSize); size > 1; size /= 2) sizes.push(size);
  await Promise.all(
    lanes.map(async (lane) => {
      for (const size of sizes) await lane.run(batchOf(shape, size));
    }),
  );
}

/** Images a second of all threads together, in batches of `batchSize`. */
export async function measureSpeed(lanes: readonly Lane[], shape: Shape, batchSize: number): Promise<number> {
  const started = performance.now();
  let images = 0;
  await Promise.all(
    lanes.map(async (lane) => {
      for (let batch = 0; batch < batches; batch += 1) {
        if (batch > 0 && performance.now() - started > budgetMs) return;
        await lane.run(batchOf(shape, batchSize));
        images += batchSize;
      }
    }),
  );
  return (images * 1000) / (performance.now() - started);
}

function batchOf(shape: Shape, size: number) {
  const [height, width] = shape;
  return stack(new Array<Uint8Array>(size).fill(knownImage(shape)), height, width);
}
