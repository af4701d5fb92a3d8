import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { accuracyOf, requireLabel } from '../../model/verify/accuracy.ts';
import { comparePredictions } from '../../model/verify/agreement.ts';
import { type Prediction, predictCrops } from '../../model/verify/predict-crops.ts';
import { defaultDecodeLimits } from '../../shared/images/decode/identify.ts';
import { cropImage } from '../../shared/images/preprocess/crop-image.ts';
import { fixtures, importGooglenet, temporaryFolder } from '../fixtures.ts';
import { describeMachine } from '../machine.ts';
import { cropBy, type Variant, variants } from './variants.ts';

// Speed and accuracy of shrink-on-load: decoding an image at a fraction of its size.

/** The photos as they are, or enlarged so that the decoder can shrink them. */
const files: readonly (readonly [name: string, scale: number, encode: ((image: Sharp) => Sharp) | undefined])[] = [
  ['native JPEG', 1, undefined],
  ['JPEG ×2', 2, (image) => image.jpeg({ quality: 92 })],
  ['JPEG ×4', 4, (image) => image.jpeg({ quality: 92 })],
  ['JPEG ×6', 6, (image) => image.jpeg({ quality: 92 })],
  ['WebP ×2', 2, (image) => image.webp({ quality: 92, effort: 0 })],
  ['WebP ×4', 4, (image) => image.webp({ quality: 92, effort: 0 })],
];
const names = Object.keys(variants).filter((name): name is Variant => name in variants);
/** What preprocessing does: the baseline of the other variants. */
const baseline = 'full decode' satisfies Variant;
await using temporary = await temporaryFolder();

const { manifest, network } = await importGooglenet(join(temporary.path, 'model'));
const photos = (await readdir(fixtures.photos)).toSorted();
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
    const bytes = await stored(join(fixtures.photos, file), scale, encode);
    const { tensor } = await cropImage(bytes, manifest.preprocess, defaultDecodeLimits);
    for (const variant of names) {
      const started = performance.now();
      crops.get(variant)?.push(await cropBy(variant, bytes, manifest.preprocess));
      spent.set(variant, (spent.get(variant) ?? 0) + performance.now() - started);
    }
    if (Buffer.compare(tensor.pixels, crops.get(baseline)?.at(-1) ?? Buffer.alloc(0)) !== 0) {
      throw new Error(`cropImage and "${baseline}" differ for ${file} as ${name}`);
    }
  }
  const reference = await predictCrops(crops.get(baseline) ?? [], network, manifest);
  for (const variant of names) {
    const predictions =
      variant === baseline ? reference : await predictCrops(crops.get(variant) ?? [], network, manifest);
    const rate = (of: Variant) => (photos.length * 1000) / (spent.get(of) ?? Number.NaN);
    const columns = [
      name.padEnd(12),
      variant.padEnd(23),
      rate(variant).toFixed(1).padStart(6),
      `${(rate(variant) / rate(baseline)).toFixed(2)}×`.padStart(6),
      accuracyOf(predictions, labelled).top1.toFixed(3).padStart(7),
      ...compared(reference, predictions),
    ];
    console.log(columns.join(' '));
  }
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

function compared(reference: readonly Prediction[], predictions: readonly Prediction[]): string[] {
  const perPhoto = reference.map((prediction, index) =>
    comparePredictions([prediction], [predictions[index] ?? prediction]),
  );
  const { maxDifference, embeddingCosine } = comparePredictions(reference, predictions);
  const lowest = Math.min(...perPhoto.map((agreement) => agreement.embeddingCosine));
  return [
    String(perPhoto.filter(({ sameLabel }) => sameLabel < 1).length).padStart(11),
    maxDifference.toExponential(1).padStart(15),
    lowest.toFixed(5).padStart(14),
    embeddingCosine.toFixed(5),
  ];
}
