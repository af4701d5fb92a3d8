import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { accuracyOf, requireLabel } from '../../model/verify/accuracy.ts';
import { comparePredictions } from '../../model/verify/agreement.ts';
import { type Prediction, predictCrops } from '../../model/verify/predict-crops.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { fixtures, importGooglenet, temporaryFolder } from '../fixtures.ts';
import { describeMachine } from '../machine.ts';
import { largePhotos } from './large-photos.ts';
import { cropBy, type Variant, variants } from './variants.ts';

// What the decode rules cost and change, by the size of photos: CPU time of preprocessing, labels and embeddings.
const { values } = parseArgs({
  options: {
    megapixels: { type: 'string', default: '0.5,3,12' },
    kinds: { type: 'string', default: Object.keys(largePhotos).join(',') },
    // A model directory. Default: GoogLeNet
    model: { type: 'string' },
    // One of so many photos.
    every: { type: 'string', default: '1' },
  },
});
const names = Object.keys(variants).filter((name): name is Variant => name in variants);
const baseline = 'exact' satisfies Variant;
await using temporary = await temporaryFolder();

const { manifest, network } = values.model
  ? await loadModel(values.model)
  : await importGooglenet(join(temporary.path, 'model'));
const every = Number(values.every);
const photos = (await readdir(fixtures.photos)).toSorted().filter((_, index) => index % every === 0);
const known = new Set(manifest.labels.map(({ id }) => id));
const isLabelled = photos.every((file) => known.has(file.slice(0, 9)));

console.log(describeMachine(['sharp', 'onnxruntime-node']));
console.log(`${photos.length} photos, ${manifest.name}, center crop, one image at a time\n`);
console.log(
  'megapixels  photos    kB/file  decode           CPU ms  ratio  top-1  other label  lowest cosine     mean',
);
for (const megapixels of values.megapixels.split(',').map(Number)) {
  for (const [kind, enlarge] of Object.entries(largePhotos).filter(([kind]) =>
    values.kinds.split(',').includes(kind),
  )) {
    const crops = new Map(names.map((variant): [Variant, Uint8Array[]] => [variant, []]));
    const spent = new Map<Variant, number>();
    let bytes = 0;
    for (const file of photos) {
      const photo = await enlarge(await readFile(join(fixtures.photos, file)), megapixels * 1e6);
      const jpeg = await photo.jpeg({ quality: 92 }).toBuffer();
      bytes += jpeg.byteLength;
      for (const variant of names) {
        const before = process.cpuUsage();
        crops.get(variant)?.push(await cropBy(variant, jpeg, manifest.preprocess));
        const { user, system } = process.cpuUsage(before);
        spent.set(variant, (spent.get(variant) ?? 0) + (user + system) / 1000 / photos.length);
      }
    }
    const reference = await predictCrops(crops.get(baseline) ?? [], network, manifest);
    for (const variant of names) {
      const predictions =
        variant === baseline ? reference : await predictCrops(crops.get(variant) ?? [], network, manifest);
      const milliseconds = spent.get(variant) ?? Number.NaN;
      const columns = [
        String(megapixels).padStart(10),
        kind.padEnd(8),
        (bytes / photos.length / 1000).toFixed(0).padStart(8),
        variant.padEnd(15),
        milliseconds.toFixed(1).padStart(7),
        `${((spent.get(baseline) ?? Number.NaN) / milliseconds).toFixed(2)}×`.padStart(6),
        isLabelled ? top1(predictions).toFixed(3) : '    -',
        ...compared(reference, predictions),
      ];
      console.log(columns.join('  '));
    }
  }
}

function top1(predictions: readonly Prediction[]): number {
  const labels = photos.map((file) => requireLabel(file, manifest));
  return accuracyOf(predictions, labels).top1;
}

function compared(reference: readonly Prediction[], predictions: readonly Prediction[]): string[] {
  const perPhoto = reference.map((prediction, index) =>
    comparePredictions([prediction], [predictions[index] ?? prediction]),
  );
  const lowest = Math.min(...perPhoto.map(({ embeddingCosine }) => embeddingCosine));
  return [
    String(perPhoto.filter(({ sameLabel }) => sameLabel < 1).length).padStart(11),
    lowest.toFixed(5).padStart(13),
    comparePredictions(reference, predictions).embeddingCosine.toFixed(5),
  ];
}
