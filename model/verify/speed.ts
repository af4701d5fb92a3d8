import ort from 'onnxruntime-node';
import type { Model } from '../../shared/models/model-directory.ts';
import { stackCrops } from './predict-crops.ts';

/** A network and its input. */
export type SpeedModel = Pick<Model, 'manifest' | 'network'>;

const batchSize = 8;
const rounds = 5;
const batchesPerRound = 3;

/**
 * Speedup of one model over another, on batches of 8 on one thread. The models take turns. Compares processor time: other
 * processes on the machine change it less than the time on the clock.
 * @param crops at least one, uint8 [height, width, 3] each
 * @returns the median of the ratios of all rounds
 */
export async function speedRatio(model: SpeedModel, other: SpeedModel, crops: readonly Uint8Array[]): Promise<number> {
  const [runner, otherRunner] = [await prepareRun(model, crops), await prepareRun(other, crops)];
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const [time, otherTime] = [await timeRound(runner.run), await timeRound(otherRunner.run)];
    ratios.push(otherTime / time);
  }
  await Promise.all([runner.release(), otherRunner.release()]);
  return ratios.toSorted((a, b) => a - b)[rounds >> 1] ?? Number.NaN;
}

/** Opens a session and runs it once to warm it up. */
async function prepareRun(
  { manifest, network }: SpeedModel,
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

async function timeRound(run: () => Promise<unknown>): Promise<number> {
  const started = process.cpuUsage();
  for (let batch = 0; batch < batchesPerRound; batch += 1) await run();
  const { user, system } = process.cpuUsage(started);
  return user + system;
}
