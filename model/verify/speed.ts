import ort from 'onnxruntime-node';
import type { Model } from '../../shared/models/model-directory.ts';
import { stackCrops } from './agreement.ts';

const batchSize = 8;
const rounds = 5;
const batchesARound = 3;

/**
 * How many times as fast one model is as another: batches of 8 on one thread, the two taking turns.
 * @param crops at least one, uint8 [height, width, 3] each
 * @returns the median over the rounds of the ratio within a round
 */
export async function speedRatio(model: Model, other: Model, crops: readonly Uint8Array[]): Promise<number> {
  const [one, another] = [await opened(model, crops), await opened(other, crops)];
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const [own, others] = [await timed(one.run), await timed(another.run)];
    ratios.push(others / own);
  }
  await Promise.all([one.release(), another.release()]);
  return ratios.toSorted((a, b) => a - b)[rounds >> 1] ?? Number.NaN;
}

async function opened(
  { manifest, network }: Model,
  crops: readonly Uint8Array[],
): Promise<{ run: () => Promise<unknown>; release: () => Promise<void> }> {
  const session = await ort.InferenceSession.create(network, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const batch = Array.from({ length: batchSize }, (_, row) => crops[row % crops.length] ?? new Uint8Array());
  const feeds = {
    [manifest.input.name]: new ort.Tensor('uint8', stackCrops(batch), [batchSize, ...manifest.input.shape]),
  };
  await session.run(feeds);
  return { run: () => session.run(feeds), release: () => session.release() };
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  for (let batch = 0; batch < batchesARound; batch += 1) await run();
  return performance.now() - started;
}
