import type { TensorflowJs } from '../../../bench/tensorflow-js/install.ts';
import { caseInput, type ModelCase } from './model-case.ts';
import type { CaseOutput } from './recorded-outputs.ts';
import { modelFiles } from './write-model.ts';

/** The output of a case, computed by TensorFlow.js. */
export async function runTensorflowJs(tf: TensorflowJs, model: ModelCase): Promise<CaseOutput> {
  const { json, shards } = modelFiles(model);
  const { modelTopology, format, weightsManifest } = json;
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
  const weightData = Uint8Array.from(Buffer.concat(shards.map(({ bytes }) => bytes))).buffer;
  const handler = { load: async () => ({ modelTopology, format, weightSpecs, weightData }) };
  const image = tf.tensor(caseInput(model), [1, ...model.inputShape]);
  const output =
    format === 'graph-model'
      ? (await tf.loadGraphModel(handler)).execute({ image })
      : (await tf.loadLayersModel(handler)).predict(image);
  return { shape: output.shape.slice(1), values: await output.data() };
}
