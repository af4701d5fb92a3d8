import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { importModel } from '../../model/import/import-model.ts';
import { buildModel } from '../../model/networks/build-model.ts';
import { maxAbsoluteDifference } from '../../model/verify/max-absolute-difference.ts';
import { predictCrops } from '../../model/verify/predict-crops.ts';
import { defaultDecodeLimits } from '../../shared/images/decode/identify.ts';
import { cropImage } from '../../shared/images/preprocess/crop-image.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { fixtures, temporaryFolder } from '../fixtures.ts';
import { openTensorflowJs } from './install.ts';

// The built Inception-v3 with the trunk of nsfwjs, against the features that TensorFlow.js computes from the same pixels.
const { values } = parseArgs({ options: { photos: { type: 'string', default: '20' } } });
const featureLayer = 'average_pooling2d_10';
const tolerance = 1e-5;

await using temporary = await temporaryFolder();
const [imported, built] = [join(temporary.path, 'imported'), join(temporary.path, 'built')];
const { tf, nsfwjs, nsfwjsFolder } = await openTensorflowJs('wasm');
await importModel({ source: join(nsfwjsFolder, 'dist/models/inception_v3'), preset: 'nsfwjs-299', out: imported });
await buildModel({ network: 'inception-v3', trunk: imported, classes: 5, out: built });
const { network, manifest } = await loadModel(built);
const peer = await nsfwjs.load('InceptionV3');
const names = (await readdir(fixtures.photos)).toSorted().slice(0, Number(values.photos));
let [largest, feature] = [0, 0];
for (const name of names) {
  const image = await readFile(resolve(fixtures.photos, name));
  const { pixels } = (await cropImage(image, manifest.preprocess, defaultDecodeLimits)).tensor;
  const input = tf.tensor(Int32Array.from(pixels), manifest.input.shape, 'int32');
  const output = peer.infer(input, featureLayer);
  const expected = await output.data();
  input.dispose();
  output.dispose();
  const [prediction] = await predictCrops([pixels], network, manifest);
  largest = Math.max(largest, maxAbsoluteDifference(expected, prediction?.embedding ?? new Float32Array()));
  feature = Math.max(feature, ...expected);
}
console.log(
  `${names.length} photos, ${manifest.outputs.embeddingSize} features each, from 0 to ${feature.toFixed(2)}: ` +
    `largest difference ${largest.toExponential(1)}`,
);
if (!(largest <= tolerance)) process.exitCode = 1;
