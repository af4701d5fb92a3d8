import sharp, { type Sharp } from 'sharp';
import type { Preprocess } from '../../models/model-manifest.ts';
import type { Pixels, Region, Size } from './windows.ts';

/** Starts a new pipeline over the same file at each call. */
export type OpenImage = () => Sharp;

/**
 * Turns an image upright by its EXIF orientation, cuts a region and flattens transparency onto the background. Cutting,
 * even the whole image, also keeps sharp from decoding at a reduced size before a resize, which would change the scores
 * (docs/decisions/0006).
 */
export function uprightRegion(
  image: Sharp,
  { background: [r, g, b] }: Pick<Preprocess, 'background'>,
  region: Region,
): Sharp {
  return image.autoOrient().extract(region).flatten({ background: { r, g, b } });
}

export function wholeImage({ width, height }: Size): Region {
  return { left: 0, top: 0, width, height };
}

/** Runs a pipeline: sRGB, 8 bits per channel. */
export async function toRgb(image: Sharp): Promise<Pixels> {
  const { data, info } = await image
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

export function fromPixels({ width, height, data }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** Swaps left and right. */
export function mirror(image: Pixels): Promise<Pixels> {
  return toRgb(fromPixels(image).flop());
}

/** `warp` stretches the image to the size; `cover` keeps the aspect ratio and cuts off the excess. */
export function resizeTo(image: Sharp, { width, height }: Size, rule: Preprocess['resize']['rule']): Sharp {
  return image.resize(width, height, { fit: rule === 'warp' ? 'fill' : 'cover' });
}
