import { elementType } from '../../onnx/element-type.ts';
import type { Emitter } from '../gradient/emitter.ts';

/** Sizes of the pictures that are stored and of the samples that the network sees. */
export interface Sampling {
  readonly batch: number;
  readonly picture: { readonly height: number; readonly width: number; readonly channels: 1 | 3 };
  readonly sample: { readonly height: number; readonly width: number };
}

/** Names of the inputs that say what is sampled. */
export const samplingInputs = { pictures: 'pictures', places: 'places', colours: 'colours', levels: 'levels' } as const;

/** The inputs below and their shapes. */
export function samplingShapes({ batch, picture }: Sampling): ReadonlyMap<string, readonly number[]> {
  const { height, width, channels } = picture;
  return new Map([
    [samplingInputs.pictures, [batch, height, width, channels]],
    [samplingInputs.places, [batch, 2, 3]],
    [samplingInputs.colours, [batch, channels, channels]],
    [samplingInputs.levels, [batch, channels, 1]],
  ]);
}

/**
 * Adds nodes that sample pictures as training needs them, all pixels at native speed: a part of each picture is stretched
 * to the sample (bilinear; a negative width mirrors it), and its colours are mixed by a matrix.
 *
 * Read `pictures` uint8 [N, height, width, channels]; `places` float [N, 2, 3], which take a sample's coordinates (x, y, 1),
 * from −1 to 1 along each axis, to those of the picture; `colours` float [N, channels, channels] and `levels` float
 * [N, channels, 1]: colour' = colours · colour + levels, cut to 0…255. Give `output`, float [N, 3, height, width].
 */
export function addSampling(emit: Emitter, { batch, picture, sample }: Sampling, output: string): void {
  const { pictures, places, colours, levels } = samplingInputs;
  const { channels } = picture;
  const area = sample.height * sample.width;
  const planes = emit.transpose(pictures, [0, 3, 1, 2]);
  const floats = emit.add('Cast', [planes], emit.shape(planes), { to: elementType.float });
  const flatGrid = emit.add('MatMul', [places, emit.constant([3, area], samplePoints(sample))], [batch, 2, area]);
  const grid = emit.reshape(emit.transpose(flatGrid, [0, 2, 1]), [batch, sample.height, sample.width, 2]);
  const sampled = emit.add('GridSample', [floats, grid], [batch, channels, sample.height, sample.width], {
    mode: 'bilinear',
    padding_mode: 'border',
    align_corners: 0,
  });
  const shape = [batch, channels, area];
  const mixed = emit.add('MatMul', [colours, emit.reshape(sampled, shape)], shape);
  const moved = emit.add('Add', [mixed, levels], shape);
  const cut = emit.add('Clip', [moved, emit.scalar(0), emit.scalar(255)], shape);
  const image = emit.reshape(cut, [batch, channels, sample.height, sample.width]);
  const whole = [batch, 3, sample.height, sample.width];
  // A grey picture has three equal channels, as it has where it is served.
  emit.give('Expand', [image, emit.ints(whole)], output, whole);
}

/** The middles of a sample's pixels as columns (x, y, 1), from −1 to 1 along each axis: [3, area]. */
function samplePoints({ height, width }: Sampling['sample']): Float32Array {
  const area = height * width;
  const points = new Float32Array(3 * area).fill(1);
  for (let index = 0; index < area; index += 1) {
    points[index] = (2 * (index % width) + 1) / width - 1;
    points[area + index] = (2 * Math.floor(index / width) + 1) / height - 1;
  }
  return points;
}
