import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp, { type Sharp } from 'sharp';
import { importModel } from '../../model/import/import-model.ts';
import { accuracyOf, requireLabel } from '../../model/verify/accuracy.ts';
import { comparePredictions } from '../../model/verify/agreement.ts';
import { type Prediction, predictCrops } from '../../model/verify/predict-crops.ts';
import { defaultDecodeLimits } from '../../shared/images/decode/identify.ts';
import { cropImage } from '../../shared/images/preprocess/crop-image.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { describeMachine } from '../machine.ts';
import { cropBy, type Variant, variants } from './variants.ts';

// Whether decoding a file at a fraction of its size changes what the network says, and what it saves.
const fixtures = process.env['INCEPTION_FIXTURES'] ?? '../shared';
const { values } = parseArgs({
  options: {
    photos: { type: 'string', default: join(fixtures, 'photos') },
    published: { type: 'string', default: join(fixtures, 'models/googlenet-zoo.onnx') },
    labels: { type: 'string', default: join(fixtures, 'models/synset_words.txt') },
  },
});

/** How the photos are stored: as they came, or blown up so that there is something to shrink. */
const files: readonly (readonly [name: string, scale: number, encode: ((image: Sharp) => Sharp) | undefined])[] = [
  ['native JPEG', 1, undefined],
  ['JPEG ×2', 2, (image) => image.jpeg({ quality: 92 })],
  ['JPEG ×4', 4, (image) => image.jpeg({ quality: 92 })],
  ['JPEG ×6', 6, (image) => image.jpeg({ quality: 92 })],
  ['WebP ×2', 2, (image) => image.webp({ quality: 92, effort: 0 })],
  ['WebP ×4', 4, (image) => image.webp({ quality: 92, effort: 0 })],
];
const names = Object.keys(variants).filter((name): name is Variant => name in variants);
/** What `preprocess` does, and what the others are held against. */
const chosen = 'full decode' satisfies Variant;
const work = await mkdtemp(join(tmpdir(), 'inception-bench-'));

try {
  await importModel({ source: values.published, preset: 'bvlc', labels: values.labels, out: work });
  const { manifest, network } = await loadModel(work);
  const photos = (await readdir(values.photos)).toSorted();
  const labelled = photos.map((file) => requireLabel(file, manifest));

  console.log(describeMachine(['sharp', 'onnxruntime-node']));
  console.log(`${photos.length} photos, ${manifest.name}, center crop, one image at a time on one thread\n`);
  console.log(
    'files        variant                  img/s  ratio   top-1  other label  max difference  lowest cosine    mean',
  );
  for (const [name, scale, encode] of files) {
    const crops = new Map(names.map((variant): [Variant, Uint8Array[]] => [variant, []]));
    const spent = new Map<Variant, number>();
    for (const file of photos) {
      const bytes = await stored(join(values.photos, file), scale, encode);
      const { tensor } = await cropImage(bytes, manifest.preprocess, defaultDecodeLimits);
      for (const variant of names) {
        const started = performance.now();
        crops.get(variant)?.push(await cropBy(variant, bytes, manifest.preprocess));
        spent.set(variant, (spent.get(variant) ?? 0) + performance.now() - started);
      }
      if (Buffer.compare(tensor.pixels, crops.get(chosen)?.at(-1) ?? Buffer.alloc(0)) !== 0) {
        throw new Error(`expected cropImage to give the pixels of "${chosen}" for ${file} as ${name}`);
      }
    }
    const whole = await predictCrops(crops.get(chosen) ?? [], network, manifest);
    for (const variant of names) {
      const answers = variant === chosen ? whole : await predictCrops(crops.get(variant) ?? [], network, manifest);
      const rate = (of: Variant) => (photos.length * 1000) / (spent.get(of) ?? Number.NaN);
      const columns = [
        name.padEnd(12),
        variant.padEnd(23),
        rate(variant).toFixed(1).padStart(6),
        `${(rate(variant) / rate(chosen)).toFixed(2)}×`.padStart(6),
        accuracyOf(answers, labelled).top1.toFixed(3).padStart(7),
        ...compared(whole, answers),
      ];
      console.log(columns.join(' '));
    }
  }
} finally {
  await rm(work, { recursive: true });
}

async function stored(path: string, scale: number, encode?: (image: Sharp) => Sharp): Promise<Uint8Array> {
  const bytes = await readFile(path);
  if (encode === undefined) return bytes;
  const { width } = (await sharp(bytes).metadata()).autoOrient;
  return encode(
    sharp(bytes)
      .autoOrient()
      .resize(width * scale),
  ).toBuffer();
}

function compared(whole: readonly Prediction[], answers: readonly Prediction[]): string[] {
  const one = whole.map((answer, index) => comparePredictions([answer], [answers[index] ?? answer]));
  const { maxDifference, embeddingCosine } = comparePredictions(whole, answers);
  const lowest = Math.min(...one.map((agreement) => agreement.embeddingCosine));
  return [
    String(one.filter(({ sameLabel }) => sameLabel < 1).length).padStart(11),
    maxDifference.toExponential(1).padStart(15),
    lowest.toFixed(5).padStart(14),
    embeddingCosine.toFixed(5),
  ];
}
