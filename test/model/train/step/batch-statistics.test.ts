import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { getInt } from '../../../../model/graph/attribute.ts';
import { modelOf } from '../../../../model/graph/graph.ts';
import { addUint8Input } from '../../../../model/import/input/add-uint8-input.ts';
import { compactInception } from '../../../../model/networks/compact-inception.ts';
import { compactInceptionV3 } from '../../../../model/networks/compact-inception-v3.ts';
import { encodeModel } from '../../../../model/onnx/model-file.ts';
import type { NodeProto } from '../../../../model/onnx/onnx_pb.ts';
import { pixelsInMemory } from '../../../../model/train/data/pixel-store.ts';
import { noAugmentation } from '../../../../model/train/samples/augmentation.ts';
import { feedsOf, takeBatch } from '../../../../model/train/samples/take-batch.ts';
import { buildGradientGraph } from '../../../../model/train/step/build-gradient-graph.ts';
import { makeTrainable } from '../../../../model/train/step/make-trainable.ts';
import { gatherWeights, layoutOf } from '../../../../model/train/step/parameters.ts';
import type { Preprocess } from '../../../../shared/models/model-manifest.ts';
import { seededRandom } from '../../../../shared/random/seeded-random.ts';

it.each([
  ['compact-inception', compactInception],
  ['compact-inception-v3', compactInceptionV3],
])(
  'neither graph optimization nor other operators change the gradients of equal batch normalizations: %s',
  async (_, build) => {
    const size = 28;
    const options = { classes: 3, size, width: 0.25, batchNorm: true, auxiliary: true, dropout: false, seed: 1 };
    const preprocess: Preprocess = {
      resize: { rule: 'warp', width: size, height: size },
      crop: { rule: 'center', width: size, height: size },
      colourOrder: 'RGB',
      mean: [100, 100, 100],
      scale: [0.01, 0.01, 0.01],
      background: [0, 0, 0],
    };
    const { graph } = addUint8Input(build(options), { preprocess, networkOrder: 'RGB' });
    const layout = layoutOf(graph, undefined);
    const network = makeTrainable(graph, 'probabilities', layout, { dropout: 0.2, auxiliaryDropout: 0.5 });
    const sampling = {
      batch: 4,
      image: { height: size, width: size, channels: 3 as const },
      sample: { height: size, width: size },
    };
    const recipe = { weightDecay: 1e-4, auxiliaryWeight: 0.3, labelSmoothing: 0 };
    const random = seededRandom(3);
    const pixels = new Uint8Array(4 * size * size * 3).map(() => Math.floor(256 * random()));
    const data = { images: pixelsInMemory(pixels, sampling.image), classes: Uint16Array.of(0, 1, 2, 1) };
    const dropouts = network.classifiers.flatMap(({ dropout }) => dropout ?? []);
    const batch = takeBatch({ data, sampling, augmentation: noAugmentation, dropouts, seed: 1 }, [0, 1, 2, 3], 0);
    const weights = gatherWeights(graph, layout.weights);
    const run = async (graphOptimizationLevel: 'disabled' | 'all', portable: boolean) => {
      const gradients = await buildGradientGraph(network, { ...recipe, sampling, layout, portable });
      if (portable) expect(gradients.nodes.every(isInference)).toBe(true);
      const bytes = encodeModel(modelOf(gradients));
      const session = await InferenceSession.create(bytes, { graphOptimizationLevel, logSeverityLevel: 4 });
      const results = await session.run({
        ...feedsOf(batch, sampling),
        weights: new Tensor('float32', weights, [weights.length]),
      });
      await session.release();
      return [results['gradient'], results['batch_statistics']].map((value) => Array.from(value?.data ?? [], Number));
    };
    const plain = await run('disabled', false);
    for (const other of [await run('all', false), await run('all', true)]) {
      for (const [index, values] of plain.entries()) {
        const largest = Math.max(...values.map(Math.abs));
        const difference = Math.max(...values.map((value, at) => Math.abs(value - (other[index]?.[at] ?? Number.NaN))));
        expect(largest).toBeGreaterThan(0);
        expect(difference / largest).toBeLessThan(1e-3);
      }
    }
  },
);

/** Whether a node is no batch normalization in training mode. */
function isInference(node: NodeProto): boolean {
  return node.opType !== 'BatchNormalization' || getInt(node, 'training_mode', 0) === 0;
}
