import { availableParallelism } from 'node:os';
import pMap from 'p-map';
import sharp from 'sharp';
import { UserError } from '../../../shared/failures/user-error.ts';
import { defaultDecodeLimits } from '../../../shared/images/decode/identify.ts';
import { cropImage } from '../../../shared/images/preprocess/crop-image.ts';
import { preprocessWithCropRule } from '../../../shared/models/model-manifest.ts';
import { cropCenter } from './crop-center.ts';
import { holdOut } from './hold-out.ts';
import { type IdxImages, readIdxImages } from './idx.ts';
import { openPixelFile } from './pixel-file.ts';
import { type LabeledPixels, type PixelStore, pixelsInMemory, selectPixels } from './pixel-store.ts';
import type { DataOptions, TrainingData } from './training-data.ts';

/**
 * Images of IDX files: the class k is the model's label k. They are held in memory as they are; what is served of them at
 * another size lies in a file.
 * @throws {UserError} as `readIdxImages` does, when there are not two labels, or the disk is full
 */
export async function openIdxData(
  files: { train: string; test: string | undefined },
  options: DataOptions,
): Promise<TrainingData> {
  const { manifest, validationShare, seed } = options;
  const { labels } = manifest;
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
  const held = await served(all, validation, options);
  const tested = test && (await allServed(test, options));
  return {
    labels,
    train: { images: selectPixels(pictures, train), classes: chosen(train) },
    validation: { images: held, classes: chosen(validation) },
    test: tested,
    leftOut: [],
    async close() {
      await Promise.all([held.close(), tested?.images.close()]);
    },
  };
}

/** The images of a test set as they are served. */
async function allServed(images: IdxImages, options: DataOptions): Promise<LabeledPixels> {
  return { images: await served(images, [...images.labels.keys()], options), classes: Uint16Array.from(images.labels) };
}

/** What a request with such an image would give the network: it goes the very way that uploads go, if that changes it. */
async function served(
  { height, width, pixels }: IdxImages,
  indices: readonly number[],
  { manifest, scratch, onProgress }: DataOptions,
): Promise<PixelStore> {
  const { resize, crop } = manifest.preprocess;
  if (resize.height === height && resize.width === width) {
    return cropCenter(selectPixels(pixelsInMemory(pixels, { height, width, channels: 1 }), indices), crop);
  }
  const area = height * width;
  const crops = await openPixelFile(scratch, { height: crop.height, width: crop.width, channels: 3 }, indices.length);
  const middle = preprocessWithCropRule(manifest.preprocess, 'center');
  let done = 0;
  const serve = async (place: number, index: number) => {
    const own = pixels.subarray(index * area, (index + 1) * area);
    const raw = { width, height, channels: 1 } as const;
    const file = await sharp(own, { raw }).png({ compressionLevel: 0 }).toBuffer();
    crops.write(place, (await cropImage(file, middle, defaultDecodeLimits)).tensor.pixels);
    done += 1;
    onProgress(done, indices.length);
  };
  try {
    await pMap(indices.entries(), ([place, index]) => serve(place, index), { concurrency: availableParallelism() });
  } catch (error) {
    crops.close();
    throw error;
  }
  return crops.store(indices.length);
}
