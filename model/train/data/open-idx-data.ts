import pMap from 'p-map';
import sharp from 'sharp';
import { defaultDecodeLimits } from '../../../shared/decode/identify.ts';
import type { ModelManifest } from '../../../shared/model-manifest.ts';
import { preprocess } from '../../../shared/preprocess/preprocess.ts';
import { UserError } from '../../../shared/user-error.ts';
import { centerPixels } from './center-pixels.ts';
import { holdOut } from './hold-out.ts';
import { type IdxImages, readIdxImages } from './idx.ts';
import { chosenPixels, type LabelledPixels, type PixelStore, pixelsInMemory } from './pixel-store.ts';
import type { TrainingData } from './training-data.ts';

export interface IdxOptions {
  readonly manifest: Pick<ModelManifest, 'labels' | 'preprocess'>;
  /** Of the training images that are held out, 0 to 0.5. */
  readonly validationShare: number;
  readonly seed: number;
}

/**
 * Images of IDX files: the class k is the model's label k. They are held in memory.
 * @throws {UserError} as `readIdxImages` does
 */
export async function openIdxData(
  files: { train: string; test: string | undefined },
  { manifest, validationShare, seed }: IdxOptions,
): Promise<TrainingData> {
  const { labels, preprocess: rule } = manifest;
  const all = await readIdxImages(files.train, labels.length);
  const test = files.test === undefined ? undefined : await readIdxImages(files.test, labels.length);
  const classes = Uint16Array.from(all.labels);
  if (new Set(classes).size < 2) {
    throw new UserError(
      `expected images of at least two labels in ${files.train}, got only ${labels[classes[0] ?? 0]?.name}`,
    );
  }
  const { train, validation } = holdOut(classes, validationShare, seed);
  const chosen = (indices: readonly number[]) => Uint16Array.from(indices, (index) => classes[index] ?? 0);
  const pictures = pixelsInMemory(all.pixels, { height: all.height, width: all.width, channels: 1 });
  return {
    labels,
    train: { images: chosenPixels(pictures, train), classes: chosen(train) },
    validation: { images: await served(all, validation, rule), classes: chosen(validation) },
    test: test === undefined ? undefined : await allServed(test, rule),
    leftOut: [],
    async close() {},
  };
}

/** The images of a test set as they are served. */
export async function allServed(images: IdxImages, rule: ModelManifest['preprocess']): Promise<LabelledPixels> {
  return { images: await served(images, [...images.labels.keys()], rule), classes: Uint16Array.from(images.labels) };
}

/** What a request with such an image would give the network: it goes the very way that uploads go, if that changes it. */
async function served(
  { height, width, pixels }: IdxImages,
  indices: readonly number[],
  rule: ModelManifest['preprocess'],
): Promise<PixelStore> {
  const { resize, crop } = rule;
  if (resize.height === height && resize.width === width) {
    return centerPixels(chosenPixels(pixelsInMemory(pixels, { height, width, channels: 1 }), indices), crop);
  }
  const bytes = crop.height * crop.width * 3;
  const area = height * width;
  const crops = new Uint8Array(indices.length * bytes);
  const middle: ModelManifest['preprocess'] = { ...rule, crop: { ...crop, rule: 'center' } };
  await pMap(
    indices.entries(),
    async ([place, index]) => {
      const own = pixels.subarray(index * area, (index + 1) * area);
      const file = await sharp(own, { raw: { width, height, channels: 1 } })
        .png({ compressionLevel: 0 })
        .toBuffer();
      crops.set((await preprocess(file, middle, defaultDecodeLimits)).pixels, place * bytes);
    },
    { concurrency: 4 },
  );
  return pixelsInMemory(crops, { height: crop.height, width: crop.width, channels: 3 });
}
