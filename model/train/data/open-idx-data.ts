import { availableParallelism } from 'node:os';
import pMap from 'p-map';
import sharp from 'sharp';
import { defaultDecodeLimits } from '../../../shared/images/decode/identify.ts';
import { cropImage } from '../../../shared/images/preprocess/crop-image.ts';
import { preprocessWithCropRule } from '../../../shared/models/model-manifest.ts';
import { cropCenter } from './crop-center.ts';
import { holdOut } from './hold-out.ts';
import { type IdxImages, readIdxImages } from './idx.ts';
import { requireTwoLabels } from './match-labels.ts';
import { openPixelFile } from './pixel-file.ts';
import { type LabeledPixels, type PixelStore, pixelsInMemory, selectPixels } from './pixel-store.ts';
import type { DataOptions, TrainingData } from './training-data.ts';

/**
 * Opens IDX files, where class k is the model's label k. The images are held in memory; preprocessed validation and test
 * images of another size are stored in a file.
 * @throws {UserError} as `readIdxImages` does, when there are fewer than two labels, or the disk is full
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
  const used = Array.from(new Set(classes), (label) => labels[label]?.name);
  requireTwoLabels(used, files.train);
  const { train, validation } = holdOut(classes, validationShare, seed);
  const chosen = (indices: readonly number[]) => Uint16Array.from(indices, (index) => classes[index] ?? 0);
  const stored = pixelsInMemory(all.pixels, { height: all.height, width: all.width, channels: 1 });
  const heldOut = await preprocessed(all, validation, options);
  const tested = test && (await preprocessedTestSet(test, options));
  return {
    labels,
    train: { images: selectPixels(stored, train), classes: chosen(train) },
    validation: { images: heldOut, classes: chosen(validation) },
    test: tested,
    leftOut: [],
    async close() {
      await Promise.all([heldOut.close(), tested?.images.close()]);
    },
  };
}

async function preprocessedTestSet(images: IdxImages, options: DataOptions): Promise<LabeledPixels> {
  const indices = [...images.labels.keys()];
  return { images: await preprocessed(images, indices, options), classes: Uint16Array.from(images.labels) };
}

/** The network inputs that inference computes for these images: unless the size is equal, by the same preprocessing. */
async function preprocessed(
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
  const rule = preprocessWithCropRule(manifest.preprocess, 'center');
  let done = 0;
  const writeCrop = async (position: number, index: number) => {
    const image = pixels.subarray(index * area, (index + 1) * area);
    const raw = { width, height, channels: 1 } as const;
    const file = await sharp(image, { raw }).png({ compressionLevel: 0 }).toBuffer();
    crops.write(position, (await cropImage(file, rule, defaultDecodeLimits)).tensor.pixels);
    done += 1;
    onProgress(done, indices.length);
  };
  try {
    const concurrency = availableParallelism();
    await pMap(indices.entries(), ([position, index]) => writeCrop(position, index), { concurrency });
  } catch (error) {
    crops.close();
    throw error;
  }
  return crops.store(indices.length);
}
