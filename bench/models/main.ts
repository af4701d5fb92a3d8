import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import ort from 'onnxruntime-node';
import { countOf } from '../../cli/terminal/count-of.ts';
import { optimizeModel } from '../../model/optimize/optimize-model.ts';
import { quantizeModel } from '../../model/quantize/quantize-model.ts';
import { accuracyOf, requireLabel } from '../../model/verify/accuracy.ts';
import { comparePredictions } from '../../model/verify/agreement.ts';
import { predictCrops, stackCrops } from '../../model/verify/predict-crops.ts';
import { defaultDecodeLimits } from '../../shared/images/decode/identify.ts';
import { cropImage } from '../../shared/images/preprocess/crop-image.ts';
import { loadModel, type Model } from '../../shared/models/model-directory.ts';
import { fixtures, importGooglenet, temporaryFolder } from '../fixtures.ts';
import { describeMachine, median } from '../machine.ts';

// Speed and accuracy of the optimized and the int8 network, against the published one.
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    threads: { type: 'string', default: '2' },
  },
});
const threads = Number(values.threads);
const batchSize = 8;
const batchesPerRound = 6;
await using temporary = await temporaryFolder();
const work = temporary.path;

const at = (name: string) => join(work, name);
await importGooglenet(at('published'));
await optimizeModel({ source: at('published'), out: at('optimized'), mergeSiblings: false });
await optimizeModel({ source: at('published'), out: at('merged'), mergeSiblings: true });
await quantizeModel({ source: at('published'), calibrate: fixtures.photos, images: 100, out: at('int8') });
const names = ['published', 'optimized', 'merged', 'int8'] as const;
const models = await Promise.all(names.map((name) => loadModel(at(name))));
const [published] = models;
if (published === undefined) throw new Error('no model');
const { crops, labelled } = await readPhotos(resolve(fixtures.photos), published);

console.log(describeMachine(['onnxruntime-node']));
console.log(
  `${crops.length} photos, batches of ${batchSize}, ${countOf(threads, 'thread')}, ${values.rounds} rounds\n`,
);
const reference = await predictCrops(crops, published.network, published.manifest);
const rates = await speeds(models, crops.slice(0, batchSize));
console.log('model        img/s  ratio   top-1   top-5  same label  max difference  embedding cosine');
for (const [index, model] of models.entries()) {
  const answers = await predictCrops(crops, model.network, model.manifest);
  const { sameLabel, maxDifference, embeddingCosine } = comparePredictions(reference, answers);
  const { top1, top5 } = accuracyOf(answers, labelled);
  const ratio = median((rates[index] ?? []).map((rate, round) => rate / (rates[0]?.[round] ?? Number.NaN)));
  const columns = [
    (names[index] ?? '').padEnd(10),
    median(rates[index] ?? [])
      .toFixed(1)
      .padStart(7),
    `${ratio.toFixed(2)}×`.padStart(6),
    top1.toFixed(3).padStart(7),
    top5.toFixed(3).padStart(7),
    sameLabel.toFixed(3).padStart(11),
    maxDifference.toExponential(1).padStart(15),
    embeddingCosine.toFixed(5).padStart(17),
  ];
  console.log(columns.join(' '));
}
console.log('\nRatios are medians over rounds. "published" is the published graph with a dynamic batch size.');

async function readPhotos(folder: string, { manifest }: Model) {
  const files = (await readdir(folder)).toSorted();
  const crops: Uint8Array[] = [];
  for (const file of files) {
    crops.push(
      (await cropImage(await readFile(join(folder, file)), manifest.preprocess, defaultDecodeLimits)).tensor.pixels,
    );
  }
  return { crops, labelled: files.map((file) => requireLabel(file, manifest)) };
}

/** Images per second, by model and round; the models take turns. */
async function speeds(models: readonly Model[], crops: readonly Uint8Array[]): Promise<number[][]> {
  const runs = await Promise.all(
    models.map(async ({ manifest, network }) => {
      const options = { intraOpNumThreads: threads, logSeverityLevel: 3 } as const;
      const session = await ort.InferenceSession.create(network, options);
      const { name, shape } = manifest.input;
      const feeds = { [name]: new ort.Tensor('uint8', stackCrops(crops), [crops.length, ...shape]) };
      return () => session.run(feeds);
    }),
  );
  for (const run of runs) await run();
  const rates = models.map((): number[] => []);
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const [index, run] of runs.entries()) {
      const started = performance.now();
      for (let batch = 0; batch < batchesPerRound; batch += 1) await run();
      rates[index]?.push((crops.length * batchesPerRound * 1000) / (performance.now() - started));
    }
  }
  return rates;
}
