import { Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { emptyGraph } from '../graph/graph.ts';
import { makeValue } from '../graph/value.ts';
import { evaluate } from '../passes/evaluate.ts';
import { fitImage, type ImageSize } from './fit-image.ts';
import type { ImageFit } from './shared-crop.ts';

/**
 * Largest mean difference from the image that sharp resizes, of a byte. Sharp rounds to bytes between the axes, and its
 * weights are whole numbers; another kernel or half a pixel of shift differs by several.
 */
const meanDifference = 0.5;

/**
 * The images of a member: the bytes that its part of the ensemble gets.
 * @param crops of the ensemble, uint8 [height, width, 3] each
 * @throws {Error} if a resized image differs from that of sharp
 */
export async function fittedCrops(
  crops: readonly Uint8Array[],
  fit: ImageFit,
  size: ImageSize,
): Promise<readonly Uint8Array[]> {
  switch (fit.kind) {
    case 'same':
      return crops;
    case 'cut':
      return crops.map((crop) => cutOut(crop, fit, size));
    case 'resize':
      return Promise.all(crops.map((crop) => resized(crop, fit, size)));
  }
}

/** Not through the nodes of the network, so that an error there is found. */
function cutOut(crop: Uint8Array, { top, left, height, width }: ImageFit & { kind: 'cut' }, from: ImageSize) {
  const row = (at: number) => crop.subarray(((top + at) * from.width + left) * 3).subarray(0, width * 3);
  return new Uint8Array(Buffer.concat(Array.from({ length: height }, (_, at) => row(at))));
}

async function resized(crop: Uint8Array, fit: ImageFit & { kind: 'resize' }, from: ImageSize): Promise<Uint8Array> {
  const { height, width } = fit;
  const empty = emptyGraph('fit', { irVersion: 8, opset: 13 });
  const graph = fitImage({ ...empty, inputs: [makeValue('image', 'uint8', ['N', height, width, 3])] }, fit, from);
  const input = graph.inputs[0]?.name ?? '';
  const pixels = new Tensor('uint8', crop, [1, from.height, from.width, 3]);
  const data = (await evaluate(graph, { [input]: pixels }, ['image'])).get('image')?.data;
  if (!(data instanceof Uint8Array)) throw new Error('the resized image is not bytes');
  const image = sharp(crop, { raw: { ...from, channels: 3 } }).resize(width, height, { fit: 'fill' });
  const expected = await image.raw({ depth: 'uchar' }).toBuffer();
  const sum = data.reduce((total, byte, at) => total + Math.abs(byte - (expected[at] ?? Number.NaN)), 0);
  if (sum / data.length <= meanDifference) return data;
  throw new Error(`the resized image differs from that of sharp by ${sum / data.length} of a byte on average`);
}
