import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openTensorflowJs } from '../../bench/tensorflow-js/install.ts';
import { importModel } from '../../model/import/import-model.ts';
import { maxAbsoluteDifference } from '../../model/verify/max-absolute-difference.ts';
import { predictCrops } from '../../model/verify/predict-crops.ts';
import { syntheticCropBatch } from '../../model/verify/synthetic-crops.ts';
import { once } from '../../shared/flow/once.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { modelCases } from '../support/tensorflow-js/cases.ts';
import { expectOutput } from '../support/tensorflow-js/convert-and-run.ts';
import { readRecordedOutputs } from '../support/tensorflow-js/recorded-outputs.ts';
import { runTensorflowJs } from '../support/tensorflow-js/run-tensorflow-js.ts';

// Installs TensorFlow.js and nsfwjs from npm into .cache/tensorflow-js.
const javascript = once(() => openTensorflowJs('cpu'));

describe('the recorded outputs are those of TensorFlow.js:', () => {
  const recorded = readRecordedOutputs();
  it.each(Object.entries(modelCases))('%s', async (name, model) => {
    const { tf } = await javascript();
    expectOutput(await runTensorflowJs(tf, model), recorded.get(name));
  });
});

describe('a network of nsfwjs, imported from the installed package, gives the same probabilities:', () => {
  it.each([
    ['InceptionV3', 'inception_v3', 'nsfwjs-299'],
    ['MobileNetV2', 'mobilenet_v2', 'nsfwjs'],
    ['MobileNetV2Mid', 'mobilenet_v2_mid', 'nsfwjs'],
  ])('%s', async (name, folder, preset) => {
    const { tf, nsfwjs, nsfwjsFolder } = await openTensorflowJs('wasm');
    const out = join(temporaryFolder(), folder);
    await importModel({ source: join(nsfwjsFolder, 'dist/models', folder), preset, out });
    const { network, manifest } = await loadModel(out);
    expect(manifest.labels.map((label) => label.name)).toEqual(['Drawing', 'Hentai', 'Neutral', 'Porn', 'Sexy']);
    const { shape } = manifest.input;
    const length = shape[0] * shape[1] * shape[2];
    const batch = syntheticCropBatch(4, manifest.preprocess.crop);
    const crops = Array.from({ length: 4 }, (_, index) => batch.slice(index * length, (index + 1) * length));
    const predictions = await predictCrops(crops, network, manifest);
    const peer = await nsfwjs.load(name);
    for (const [index, crop] of crops.entries()) {
      const image = tf.tensor(Int32Array.from(crop), shape, 'int32');
      const expected = await peer.infer(image).data();
      const { probabilities = new Float32Array() } = predictions[index] ?? {};
      expect(maxAbsoluteDifference(probabilities, expected)).toBeLessThan(1e-5);
    }
  });
});
