import { Tensor } from 'onnxruntime-node';
import type { LabeledPixels } from '../data/pixel-store.ts';
import { type Sampling, samplingInputs } from '../step/add-sampling.ts';
import { gradientInputs } from '../step/build-gradient-graph.ts';
import type { Dropout } from '../step/make-trainable.ts';
import { type Augmentation, drawColorMix, drawTransform } from './augmentation.ts';
import { eraseRectangle } from './erase-rectangle.ts';
import { randomAt } from './random-numbers.ts';

/** The inputs of a training step for one batch, without the weights. */
export interface Batch {
  readonly images: Uint8Array<ArrayBuffer>;
  readonly classes: BigInt64Array<ArrayBuffer>;
  /** Random numbers for sampling and dropout, by input name. */
  readonly numbers: Readonly<Record<string, Float32Array<ArrayBuffer>>>;
}

export interface BatchSource {
  readonly data: LabeledPixels;
  readonly sampling: Sampling;
  readonly augmentation: Augmentation;
  readonly dropouts: readonly Dropout[];
  readonly seed: number;
}

/**
 * Draws one batch: stored images, and the random numbers for sampling, augmentation and dropout.
 * @param indices of the images, one per sample
 * @param number of the batch since training began; the same number gives the same batch
 */
export function takeBatch(
  { data, sampling, augmentation, dropouts, seed }: BatchSource,
  indices: readonly number[],
  number: number,
): Batch {
  const { batch, image } = sampling;
  const { channels } = image;
  const random = randomAt(seed, 2, number);
  const bytes = image.height * image.width * channels;
  const images = new Uint8Array(batch * bytes);
  const classes = new BigInt64Array(batch);
  const transforms = new Float32Array(batch * 6);
  const colorMatrices = new Float32Array(batch * channels * channels);
  const colorOffsets = new Float32Array(batch * channels);
  for (const [position, index] of indices.entries()) {
    data.images.copyTo(index, images, position * bytes);
    if (augmentation.erase > 0 && random() < augmentation.erase) {
      eraseRectangle(images, position * bytes, image, random);
    }
    classes[position] = BigInt(data.classes[index] ?? 0);
    transforms.set(drawTransform(augmentation, image, random), position * 6);
    const { matrix, offset } = drawColorMix(augmentation, channels, random);
    colorMatrices.set(matrix, position * channels * channels);
    colorOffsets.fill(offset, position * channels, (position + 1) * channels);
  }
  const uniforms = dropouts.map(({ uniform, features }) => {
    return [uniform, new Float32Array(batch * features).map(random)] as const;
  });
  const numbers = {
    [samplingInputs.transforms]: transforms,
    [samplingInputs.colorMatrices]: colorMatrices,
    [samplingInputs.colorOffsets]: colorOffsets,
    ...Object.fromEntries(uniforms),
  };
  return { images, classes, numbers };
}

/** The batch as tensors, by input name. */
export function feedsOf({ images, classes, numbers }: Batch, { batch, image }: Sampling): Record<string, Tensor> {
  const { height, width, channels } = image;
  const shapes: Readonly<Record<string, readonly number[]>> = {
    [samplingInputs.transforms]: [batch, 2, 3],
    [samplingInputs.colorMatrices]: [batch, channels, channels],
    [samplingInputs.colorOffsets]: [batch, channels, 1],
  };
  return {
    [samplingInputs.images]: new Tensor('uint8', images, [batch, height, width, channels]),
    [gradientInputs.labels]: new Tensor('int64', classes, [batch]),
    ...Object.fromEntries(
      Object.entries(numbers).map(([name, data]) => [
        name,
        new Tensor('float32', data, shapes[name] ?? [batch, data.length / batch]),
      ]),
    ),
  };
}
