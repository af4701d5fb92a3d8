import { Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { addUint8Input } from '../../../../model/import/input/add-uint8-input.ts';
import { lenet5 } from '../../../../model/networks/lenet5.ts';
import { pixelsInMemory } from '../../../../model/train/data/pixel-store.ts';
import { noAugmentation } from '../../../../model/train/samples/augmentation.ts';
import { feedsOf, takeBatch } from '../../../../model/train/samples/take-batch.ts';
import { buildGradientGraph } from '../../../../model/train/step/build-gradient-graph.ts';
import { makeTrainable } from '../../../../model/train/step/make-trainable.ts';
import { gatherWeights, layoutOf } from '../../../../model/train/step/parameters.ts';
import { seededRandom } from '../../../../shared/random/seeded-random.ts';
import { tinyPreprocess } from '../../../support/tiny-model.ts';
import { floatsOf, runGraph } from '../gradient/run-graph.ts';

const classes = 3;
const size = 32;
const labels = [0, 2, 2, 1];

it('label smoothing spreads a share of the label over all classes, in the gradient and not in the reported loss', async () => {
  const options = { classes, size, width: 1, batchNorm: false, dropout: false, seed: 1 };
  const { graph } = addUint8Input(lenet5(options), { preprocess: tinyPreprocess(size), networkOrder: 'RGB' });
  const layout = layoutOf(graph, undefined);
  const network = makeTrainable(graph, 'probabilities', layout, { dropout: 0, auxiliaryDropout: 0 });
  const image = { height: size, width: size, channels: 3 as const };
  const sampling = { batch: labels.length, image, sample: { height: size, width: size } };
  const random = seededRandom(3);
  const pixels = new Uint8Array(labels.length * size * size * 3).map(() => Math.floor(256 * random()));
  const data = { images: pixelsInMemory(pixels, image), classes: Uint16Array.from(labels) };
  const batch = takeBatch({ data, sampling, augmentation: noAugmentation, dropouts: [], seed: 1 }, [0, 1, 2, 3], 0);
  const weights = gatherWeights(graph, layout.weights);
  const resultsWith = async (labelSmoothing: number) => {
    const step = await buildGradientGraph(network, {
      ...{ sampling, layout, weightDecay: 0, auxiliaryWeight: 0, labelSmoothing },
    });
    const results = await runGraph(step, ['loss', 'gradient'], {
      ...feedsOf(batch, sampling),
      weights: new Tensor('float32', weights, [weights.length]),
    });
    return { loss: floatsOf(results, 'loss')[0], gradient: floatsOf(results, 'gradient') };
  };

  const [plain, smoothed] = [await resultsWith(0), await resultsWith(0.1)];
  const probabilities = await runGraph(graph, ['probabilities'], {
    image: new Tensor('uint8', pixels, [labels.length, size, size, 3]),
  });
  const p = floatsOf(probabilities, 'probabilities');
  const bias = layout.weights.find(({ name }) => name === 'output_b');
  // The gradient for the last bias is the mean of p − ((1 − ε) y + ε/K).
  for (let label = 0; label < classes; label += 1) {
    const errors = labels.map((truth, index) => {
      const target = 0.9 * (truth === label ? 1 : 0) + 0.1 / classes;
      return (p[index * classes + label] ?? 0) - target;
    });
    const expected = errors.reduce((sum, error) => sum + error, 0) / labels.length;
    expect(smoothed.gradient[(bias?.offset ?? 0) + label]).toBeCloseTo(expected, 5);
  }
  expect(smoothed.loss).toBe(plain.loss);
});
