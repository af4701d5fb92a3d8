import { elementType } from '../../onnx/element-type.ts';
import type { Emitter } from '../gradient/emitter.ts';

/** Sizes of the stored images and of the samples that the network reads. */
export interface Sampling {
  /** Samples per batch. */
  readonly batch: number;
  readonly image: { readonly height: number; readonly width: number; readonly channels: 1 | 3 };
  readonly sample: { readonly height: number; readonly width: number };
}

/** Names of the inputs of `addSampling`. */
export const samplingInputs = {
  images: 'stored_images',
  transforms: 'sample_transforms',
  colorMatrices: 'color_matrices',
  colorOffsets: 'color_offsets',
} as const;

/** Shapes of the inputs by name. */
export function samplingShapes({ batch, image }: Sampling): ReadonlyMap<string, readonly number[]> {
  const { height, width, channels } = image;
  return new Map([
    [samplingInputs.images, [batch, height, width, channels]],
    [samplingInputs.transforms, [batch, 2, 3]],
    [samplingInputs.colorMatrices, [batch, channels, channels]],
    [samplingInputs.colorOffsets, [batch, channels, 1]],
  ]);
}

/**
 * Adds nodes that cut augmented samples from stored images, so that no pixel loop runs in JavaScript: a region of each image
 * is resized to the sample (bilinear; a negative width mirrors it), and its colors are changed by an affine map.
 *
 * Inputs: `images` uint8 [N, height, width, channels]; `transforms` float [N, 2, 3], which map coordinates (x, y, 1) of the
 * sample, from −1 to 1 along each axis, to those of the image; `colorMatrices` float [N, channels, channels] and
 * `colorOffsets` float [N, channels, 1]: color' = matrix · color + offset, clipped to 0…255. Output: `output`, float
 * [N, 3, height, width].
 */
export function addSampling(emit: Emitter, { batch, image, sample }: Sampling, output: string): void {
  const { images, transforms, colorMatrices, colorOffsets } = samplingInputs;
  const { channels } = image;
  const area = sample.height * sample.width;
  const planes = emit.transpose(images, [0, 3, 1, 2]);
  const floats = emit.add('Cast', [planes], emit.shape(planes), { to: elementType.float });
  const flatGrid = emit.add('MatMul', [transforms, emit.constant([3, area], samplePoints(sample))], [batch, 2, area]);
  const grid = emit.reshape(emit.transpose(flatGrid, [0, 2, 1]), [batch, sample.height, sample.width, 2]);
  const sampled = emit.add('GridSample', [floats, grid], [batch, channels, sample.height, sample.width], {
    mode: 'bilinear',
    padding_mode: 'border',
    align_corners: 0,
  });
  const shape = [batch, channels, area];
  const mixed = emit.add('MatMul', [colorMatrices, emit.reshape(sampled, shape)], shape);
  const shifted = emit.add('Add', [mixed, colorOffsets], shape);
  const clipped = emit.add('Clip', [shifted, emit.scalar(0), emit.scalar(255)], shape);
  const pixels = emit.reshape(clipped, [batch, channels, sample.height, sample.width]);
  const outputShape = [batch, 3, sample.height, sample.width];
  // A gray image gets three equal channels, as in inference.
  emit.addAs('Expand', [pixels, emit.ints(outputShape)], output, outputShape);
}

/** The pixel centers of a sample as columns (x, y, 1), from −1 to 1 along each axis: [3, area]. */
function samplePoints({ height, width }: Sampling['sample']): Float32Array {
  const area = height * width;
  const points = new Float32Array(3 * area).fill(1);
  for (let index = 0; index < area; index += 1) {
    points[index] = (2 * (index % width) + 1) / width - 1;
    points[area + index] = (2 * Math.floor(index / width) + 1) / height - 1;
  }
  return points;
}
