import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addUint8Input } from '../../../../model/import/input/add-uint8-input.ts';
import { compactInception } from '../../../../model/networks/compact-inception.ts';
import {
  type CheckedStep,
  type CpuStep,
  openChecked,
  runOnCpu,
} from '../../../../model/train/accelerator/check-step.ts';
import { pixelsInMemory } from '../../../../model/train/data/pixel-store.ts';
import { divideBatch } from '../../../../model/train/plan/divide-batch.ts';
import { noAugmentation } from '../../../../model/train/samples/augmentation.ts';
import { takeBatch } from '../../../../model/train/samples/take-batch.ts';
import type { VectorName } from '../../../../model/train/step/build-update-graph.ts';
import { makeTrainable } from '../../../../model/train/step/make-trainable.ts';
import { gatherWeights, layoutOf } from '../../../../model/train/step/parameters.ts';
import { buildAcceleratedStep } from '../../../../model/train/workers/open-runner.ts';
import { singleRunner } from '../../../../model/train/workers/single-runner.ts';
import type { Preprocess } from '../../../../shared/models/model-manifest.ts';
import { seededRandom } from '../../../../shared/random/seeded-random.ts';

const side = 28;
const preprocess: Preprocess = {
  resize: { rule: 'warp', width: side, height: side },
  crop: { rule: 'center', width: side, height: side },
  colourOrder: 'RGB',
  mean: [100, 100, 100],
  scale: [0.01, 0.01, 0.01],
  background: [0, 0, 0],
};
const recipe = {
  schedule: { kind: 'cosine', rate: 0.1, epochs: 1, factor: 1, every: 1 } as const,
  ...{ batch: 8, workers: 3, asynchronous: false, seed: 1, from: undefined },
  rule: { momentum: 0.9, rmsProp: undefined, maxGradientNorm: undefined },
  ...{ labelSmoothing: 0, weightDecay: 1e-4, auxiliaryWeight: 0, dropout: 0, auxiliaryDropout: 0, averaging: 0 },
  augmentation: noAugmentation,
};
const options = { classes: 3, size: side, width: 0.1, batchNorm: true, auxiliary: false, dropout: false, seed: 1 };
const { graph } = addUint8Input(compactInception(options), { preprocess, networkOrder: 'RGB' });
const layout = layoutOf(graph, undefined);
const weights = gatherWeights(graph, layout.weights);
const start = new Map<VectorName, Float32Array<ArrayBuffer>>([
  ['weights', weights],
  ['velocity', new Float32Array(weights.length)],
  ['average', Float32Array.from(weights)],
  ['statistics', gatherWeights(graph, layout.statistics)],
]);
const image = { height: side, width: side, channels: 3 as const };
const random = seededRandom(3);
const pixels = new Uint8Array(9 * side * side * 3).map(() => Math.floor(256 * random()));
const data = {
  images: pixelsInMemory(pixels, image),
  classes: Uint16Array.from({ length: 9 }, (_, index) => index % 3),
};

// The provider of the CPU stands for an accelerator: test/webgpu has a real one.
describe('a training step on an accelerator', async () => {
  const { step, source } = await buildAcceleratedStep({
    network: makeTrainable(graph, 'probabilities', layout, recipe),
    ...{ layout, recipe, start },
    source: { data, sampling: { image, sample: { height: side, width: side } }, ...recipe, dropouts: [] },
  });
  let cpu: CpuStep;
  let checked: CheckedStep;
  beforeAll(async () => {
    cpu = await runOnCpu(step, 1);
    checked = await openChecked('cpu', step, async () => cpu, false);
  });
  afterAll(() => checked.session.release());

  it('computes all images of an update at once, as many as the workers of the plan', () => {
    expect(source.sampling.batch).toBe(6);
    expect(divideBatch(recipe, 9)).toEqual({ workers: 3, imagesPerWorker: 2, imagesPerUpdate: 6 });
  });

  it("is opened if its gradients are the CPU's, and trains", async () => {
    expect(checked).toMatchObject({ provider: 'cpu', shares: [{ provider: 'cpu', nodes: 1, time: 1 }] });
    expect(checked.difference).toBeLessThan(1e-4);
    const runner = singleRunner(checked.session, { layout, sampling: source.sampling }, start);
    const losses: number[] = [];
    const batch = takeBatch(source, [0, 1, 2, 3, 4, 5], 0);
    await runner.run({
      batches: Array.from({ length: 4 }, () => batch),
      updates: 0,
      ratesAt: () => ({ learning_rate: 0.05, average_rate: 1, statistics_rate: 1 }),
      onUpdate: async ({ loss }) => void losses.push(loss),
      stop: new AbortController().signal,
    });
    expect(losses).toHaveLength(4);
    expect(losses[3]).toBeLessThan(losses[0] ?? 0);
  });

  it('is refused if its gradients differ', async () => {
    const opposite = async () => ({ ...cpu, direction: cpu.direction.map((value) => -value) });
    await expect(openChecked('cpu', step, opposite, false)).rejects.toThrow(
      /^cpu: wrong gradients: they differ from the CPU's by 2\.0 of their length$/,
    );
  });

  it('is refused if it is slower than the CPU, where speed is required', async () => {
    const fast = async () => ({ ...cpu, milliseconds: 0 });
    await expect(openChecked('cpu', step, fast, true)).rejects.toThrow(
      /^cpu: too slow: \d+ ms per update, the CPU takes 0 ms$/,
    );
  });
});
