import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import ort from 'onnxruntime-node';
import sharp from 'sharp';
import { openModel } from '../../index.ts';
import { importModel } from '../../model/import/import-model.ts';
import { optimizeModel } from '../../model/optimize/optimize-model.ts';
import { quantizeModel } from '../../model/quantize/quantize-model.ts';
import { argmax } from '../../model/verify/argmax.ts';
import { maxAbsoluteDifference } from '../../model/verify/max-absolute-difference.ts';
import { defaultDecodeLimits } from '../../shared/images/decode/identify.ts';
import { cropImage } from '../../shared/images/preprocess/crop-image.ts';
import { loadModel, type Model } from '../../shared/models/model-directory.ts';
import { fixtures, temporaryFolder } from '../fixtures.ts';
import { describeMachine } from '../machine.ts';
import { openTensorflowJs, type Tensor } from './install.ts';

// The networks of nsfwjs, imported, against nsfwjs itself with TensorFlow.js in WebAssembly, on the same pixels and from files.
const { values } = parseArgs({
  options: {
    /** Photos on which the networks are compared. */
    photos: { type: 'string', default: '200' },
    /** Of these, the photos that are also classified from their files. */
    files: { type: 'string', default: '50' },
    /** Also converts each network to int8. */
    int8: { type: 'boolean', default: false },
  },
});
const networks = [
  { name: 'InceptionV3', folder: 'inception_v3', preset: 'nsfwjs-299' },
  { name: 'MobileNetV2', folder: 'mobilenet_v2', preset: 'nsfwjs' },
  { name: 'MobileNetV2Mid', folder: 'mobilenet_v2_mid', preset: 'nsfwjs' },
] as const;

await using temporary = await temporaryFolder();
const { tf, nsfwjs, nsfwjsFolder } = await openTensorflowJs('wasm');
const names = (await readdir(fixtures.photos)).toSorted().slice(0, Number(values.photos));
const paths = names.map((name) => resolve(fixtures.photos, name));

console.log(describeMachine(['onnxruntime-node', 'sharp']));
console.log(`nsfwjs 4.4.0, @tensorflow/tfjs 4.22.0 with its WebAssembly backend (SIMD, one thread in Node)\n`);
for (const { name, folder, preset } of networks) {
  const [imported, fast] = [join(temporary.path, folder), join(temporary.path, `${folder}-fast`)];
  await importModel({ source: join(nsfwjsFolder, 'dist/models', folder), preset, out: imported });
  await optimizeModel({ source: imported, out: fast, mergeSiblings: false });
  const peer = await nsfwjs.load(name);
  console.log(name);
  await comparePixels(await loadModel(imported), await loadModel(fast), peer);
  await compareFiles(fast, peer);
  if (values.int8) await convertToInt8(imported);
  console.log();
}

type Peer = Awaited<ReturnType<typeof nsfwjs.load>>;

/** Gives both the same pixels, in turns. */
async function comparePixels(imported: Model, fast: Model, peer: Peer): Promise<void> {
  const sessions = {
    imported: await sessionOf(imported, 1),
    oneThread: await sessionOf(fast, 1),
    twoThreads: await sessionOf(fast, 2),
  };
  const times = { tensorflowJs: 0, oneThread: 0, twoThreads: 0 };
  let largest = 0;
  let sameLabel = 0;
  for (const path of paths) {
    const { pixels } = (await cropImage(await readFile(path), imported.manifest.preprocess, defaultDecodeLimits))
      .tensor;
    const expected = await timed(times, 'tensorflowJs', () => infer(peer, pixels, imported.manifest.input.shape));
    const actual = await sessions.imported(pixels);
    await timed(times, 'oneThread', () => sessions.oneThread(pixels));
    await timed(times, 'twoThreads', () => sessions.twoThreads(pixels));
    largest = Math.max(largest, maxAbsoluteDifference(actual, expected));
    if (argmax(actual) === argmax(expected)) sameLabel += 1;
  }
  const rate = (milliseconds: number) => ((paths.length * 1000) / milliseconds).toFixed(1);
  const ratio = (milliseconds: number) => `${(times.tensorflowJs / milliseconds).toFixed(1)} times`;
  console.log(
    `  ${paths.length} photos, the same pixels: largest difference ${largest.toExponential(1)}, same label ${sameLabel}`,
  );
  console.log(
    `  network only, images/s: nsfwjs ${rate(times.tensorflowJs)}; here, optimized, one thread ${rate(times.oneThread)} ` +
      `(${ratio(times.oneThread)}), two threads ${rate(times.twoThreads)} (${ratio(times.twoThreads)})`,
  );
}

/** From files to labels: nsfwjs with sharp as its decoder, one image after another, and the library on all cores. */
async function compareFiles(directory: string, peer: Peer): Promise<void> {
  const some = paths.slice(0, Number(values.files));
  const expected = new Map<string, number>();
  const started = performance.now();
  for (const path of some) {
    const { data, info } = await sharp(path)
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    expected.set(path, argmax(await infer(peer, data, [info.height, info.width, info.channels])));
  }
  const peerMs = performance.now() - started;
  await using model = await openModel(directory);
  const labels = model.labels.map(({ id }) => id);
  const begun = performance.now();
  let sameLabel = 0;
  for await (const image of model.classify(some)) {
    if (image.status !== 'classified') throw new Error(`${image.name}: ${image.reason}`);
    if (labels[expected.get(image.name) ?? -1] === image.label_id) sameLabel += 1;
  }
  const ms = performance.now() - begun;
  const rate = (milliseconds: number) => ((some.length * 1000) / milliseconds).toFixed(1);
  console.log(
    `  ${some.length} photos from files, images/s: nsfwjs with sharp ${rate(peerMs)}; here ${rate(ms)} ` +
      `(${(peerMs / ms).toFixed(1)} times), same label ${sameLabel}`,
  );
}

/** Calibrated on half of the photos, and compared with float on the others. */
async function convertToInt8(source: string): Promise<void> {
  const options = { source, calibrate: fixtures.photos, images: Math.floor(names.length / 2), out: `${source}-int8` };
  const { agreement, speedup, floatLayers } = await quantizeModel({ ...options, force: true });
  const { images, sameLabel, embeddingCosine } = agreement;
  console.log(
    `  int8: same label ${(sameLabel * 100).toFixed(1)} % of ${images} held-out photos, embedding cosine ` +
      `${embeddingCosine.toFixed(4)}, ${speedup.toFixed(2)} times the optimized float network, ${floatLayers} layers in float`,
  );
}

async function infer(peer: Peer, pixels: Uint8Array, shape: readonly number[]): Promise<Float32Array> {
  const image: Tensor = tf.tensor(Int32Array.from(pixels), shape, 'int32');
  const output = peer.infer(image);
  const probabilities = await output.data();
  image.dispose();
  output.dispose();
  return probabilities;
}

async function sessionOf({ network, manifest }: Model, threads: number) {
  const session = await ort.InferenceSession.create(network, { intraOpNumThreads: threads, logSeverityLevel: 3 });
  const { name, shape } = manifest.input;
  return async (pixels: Uint8Array): Promise<Float32Array> => {
    const outputs = await session.run({ [name]: new ort.Tensor('uint8', pixels, [1, ...shape]) });
    return Float32Array.from(outputs[manifest.outputs.probabilities]?.data ?? [], Number);
  };
}

async function timed<Key extends string, T>(times: Record<Key, number>, key: Key, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  times[key] += performance.now() - started;
  return result;
}
