import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Tensor } from 'onnxruntime-node';
import { type Graph, graphOf } from '../../model/graph/graph.ts';
import { decodeModel } from '../../model/onnx/model-file.ts';
import { pixelsInMemory } from '../../model/train/data/pixel-store.ts';
import { noAugmentation } from '../../model/train/samples/augmentation.ts';
import { feedsOf, takeBatch } from '../../model/train/samples/take-batch.ts';
import { buildGradientGraph, gradientInputs } from '../../model/train/step/build-gradient-graph.ts';
import { makeTrainable } from '../../model/train/step/make-trainable.ts';
import { optimizeFrozen } from '../../model/train/step/optimize-frozen.ts';
import { gatherWeights, layoutOf } from '../../model/train/step/parameters.ts';
import { openGraph } from '../../model/train/workers/runtime.ts';
import { syntheticCropBatch } from '../../model/verify/synthetic-crops.ts';
import { compareRates, describeRatio, processorClock } from '../compare-rates.ts';
import { importGooglenet, temporaryFolder } from '../fixtures.ts';
import { describeMachine } from '../machine.ts';

// One gradient of GoogLeNet from a layer on, with the layers before it as they are and optimized.
const { values } = parseArgs({
  options: {
    batch: { type: 'string', default: '16' },
    rounds: { type: 'string', default: '15' },
    from: { type: 'string', default: 'inception_5b' },
  },
});
const batch = Number(values.batch);
await using temporary = await temporaryFolder();
const { network, manifest } = await importGooglenet(join(temporary.path, 'published'));
const graph = graphOf(decodeModel(network));
const layout = layoutOf(graph, values.from);
const { height, width } = manifest.preprocess.crop;
const image = { height, width, channels: 3 as const };
const sampling = { batch, image, sample: { height, width } };
const trained = layout.weights.map(({ name }) => name);

async function openGradient(source: Graph) {
  const network = makeTrainable(source, manifest.outputs.probabilities, layout, { dropout: 0, auxiliaryDropout: 0 });
  const options = { sampling, layout, weightDecay: 0, auxiliaryWeight: 0, labelSmoothing: 0 };
  return openGraph(await buildGradientGraph(network, options), 1);
}

const data = {
  images: pixelsInMemory(syntheticCropBatch(batch, manifest.preprocess.crop), image),
  classes: new Uint16Array(batch),
};
const indices = Array.from({ length: batch }, (_, index) => index);
const samples = takeBatch({ data, sampling, augmentation: noAugmentation, dropouts: [], seed: 1 }, indices, 0);
const weights = gatherWeights(graph, layout.weights);
const feeds = () => ({
  ...feedsOf(samples, sampling),
  [gradientInputs.weights]: new Tensor('float32', weights, [weights.length]),
});
const plain = await openGradient(graph);
const optimized = await openGradient(optimizeFrozen(graph, trained));
console.log(describeMachine(['onnxruntime-node']));
console.log(
  `\nGoogLeNet from ${values.from} on, batch ${batch}, 1 thread, processor time, median of ${values.rounds}:\n`,
);
const rates = await compareRates(
  [
    { name: 'layers before it as they are', work: () => plain.run(feeds()) },
    { name: 'layers before it optimized', work: () => optimized.run(feeds()) },
  ],
  { images: batch, rounds: Number(values.rounds), clock: processorClock },
);
console.log(`\noptimized: ${describeRatio(rates[1], rates[0])}`);
await Promise.all([plain.release(), optimized.release()]);
