import { availableParallelism, cpus } from 'node:os';
import { defaultBatchSize } from '../../../shared/deployment/defaults.ts';
import { stackCrops } from '../../../shared/inference/batch.ts';
import { openSession } from '../../../shared/inference/open-session.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import { referenceImage } from '../../../shared/models/reference-image.ts';

/** No batch starts later than this, milliseconds. */
const budgetMs = 1000;

/** What is measured: a share of all cores, as a worker uses all of its own. */
export function measuredMachine(): string {
  return `this ${cpus()[0]?.model.trim() ?? 'machine'} (${process.arch}), measured on ${availableParallelism()} cores`;
}

/**
 * Crops per second of processor time, while all cores compute: other programs on this machine take turns, but hardly change
 * it. Takes a second or two.
 */
export async function measureCore(model: Model): Promise<number> {
  const session = await openSession(model, { threads: availableParallelism() });
  try {
    const { shape } = model.manifest.input;
    const [height, width] = shape;
    const crops = new Array<Uint8Array>(defaultBatchSize('cpu')).fill(referenceImage(shape));
    const onAllCores = async (run: () => Promise<void>) => {
      await Promise.all(Array.from({ length: session.parallel }, run));
    };
    const runBatch = async () => {
      await session.run(stackCrops(crops, height, width));
    };
    await onAllCores(runBatch); // The first runs allocate.
    const end = performance.now() + budgetMs;
    const before = process.cpuUsage();
    let measured = 0;
    await onAllCores(async () => {
      do {
        await runBatch();
        measured += crops.length;
      } while (performance.now() < end);
    });
    const { user, system } = process.cpuUsage(before);
    return (measured * 1e6) / (user + system);
  } finally {
    await session.close();
  }
}
