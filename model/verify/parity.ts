import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { maxAbsoluteDifference } from './max-absolute-difference.ts';
import { type OutputRows, openNetwork, runCrops, runImage } from './network-session.ts';
import { syntheticCropBatch } from './synthetic-crops.ts';

/** Largest accepted difference of a probability between an imported network and its source. */
export const parityTolerance = 1e-5;

export interface Parity {
  /** Synthetic images: one batch in the imported network, one by one in the published one. */
  readonly images: number;
  /** Largest absolute difference of a probability. */
  readonly maxDifference: number;
}

export interface PublishedNetwork {
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly networkOrder: 'RGB' | 'BGR';
  /** True if the network ends in a Softmax. */
  readonly givesProbabilities: boolean;
}

const images = 3;

/**
 * Compares an imported network with the published one on synthetic images. The imported network gets uint8 RGB pixels in
 * one batch, the published one float scale × (pixel − mean) in its own color order, one image at a time.
 * @throws {UserError} if one of them does not run
 */
export async function measureParity(
  published: PublishedNetwork,
  network: Uint8Array,
  manifest: Pick<ModelManifest, 'file' | 'input' | 'outputs' | 'preprocess'>,
): Promise<Parity> {
  const { crop } = manifest.preprocess;
  const crops = syntheticCropBatch(images, crop);
  const after = await withSession(network, manifest.file, (session) => runCrops(session, manifest, crops));
  const before = await withSession(published.bytes, published.file, async (session) => {
    const rows: OutputRows[] = [];
    for (let image = 0; image < images; image += 1) {
      const pixels = crops.subarray(image * crop.height * crop.width * 3, (image + 1) * crop.height * crop.width * 3);
      rows.push(await runImage(session, toPlanes(pixels, manifest.preprocess, published.networkOrder), crop));
    }
    return rows;
  });
  const differences = before.map(({ data }, image) => {
    const expected = published.givesProbabilities ? data : softmax(data);
    const { size } = after.probabilities;
    return maxAbsoluteDifference(expected, after.probabilities.data.subarray(image * size, (image + 1) * size));
  });
  return { images, maxDifference: Math.max(...differences) };
}

/** Converts crop bytes [height, width, 3] RGB to float planes [3, height, width] in the network's color order. */
export function toPlanes(
  pixels: Uint8Array,
  { mean, scale }: Pick<ModelManifest['preprocess'], 'mean' | 'scale'>,
  networkOrder: 'RGB' | 'BGR',
): Float32Array {
  const area = pixels.length / 3;
  const planes = new Float32Array(pixels.length);
  for (const channel of [0, 1, 2] as const) {
    const plane = networkOrder === 'RGB' ? channel : 2 - channel;
    for (let pixel = 0; pixel < area; pixel += 1) {
      planes[plane * area + pixel] = scale[channel] * ((pixels[pixel * 3 + channel] ?? 0) - mean[channel]);
    }
  }
  return planes;
}

async function withSession<T>(
  bytes: Uint8Array,
  name: string,
  use: (session: Awaited<ReturnType<typeof openNetwork>>) => Promise<T>,
): Promise<T> {
  const session = await openNetwork(bytes, name);
  try {
    return await use(session);
  } finally {
    await session.release();
  }
}

function softmax(logits: Float32Array): Float32Array {
  const max = logits.reduce((largest, value) => Math.max(largest, value), Number.NEGATIVE_INFINITY);
  const powers = logits.map((value) => Math.exp(value - max));
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((value) => value / sum);
}
