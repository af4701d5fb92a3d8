import sharp, { type Sharp } from 'sharp';
import type { Preprocess } from '../../models/model-manifest.ts';
import { decoderShrink } from './decoder-shrink.ts';
import type { Pixels, Region, Size, UprightImage } from './windows.ts';

/** Starts a new pipeline over the same file at each call. */
export type OpenImage = () => Sharp;

/**
 * Turns an image upright by its EXIF orientation, cuts a region and flattens transparency onto the background. Cutting,
 * even the whole image, also keeps sharp from decoding at a reduced size before a resize, which would change the scores
 * (docs/decisions/0006).
 */
export function uprightRegion(image: Sharp, background: Background, region: Region): Sharp {
  return flattened(image.autoOrient().extract(region), background);
}

type Background = Pick<Preprocess, 'background'>;

function flattened(image: Sharp, { background: [r, g, b] }: Background): Sharp {
  return image.flatten({ background: { r, g, b } });
}

/**
 * The whole upright image as the rule resizes it, decoded as the rule says. Crops are cut from its pixels: with an extraction in
 * the same pipeline sharp decodes all pixels of a photo that is stored turned.
 */
export function resizedWhole(open: OpenImage, rule: Preprocess, image: UprightImage): Sharp {
  const isShrunk = decoderShrink(rule, image) > 1;
  const upright = isShrunk ? flattened(open().autoOrient(), rule) : uprightRegion(open(), rule, wholeImage(image));
  return resizeTo(upright, rule.resize, rule.resize.rule);
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

/**
 * `warp` stretches the image to the size; `cover` keeps the aspect ratio and cuts off the excess. Without `fastShrinkOnLoad`
 * sharp shrinks while it decodes as `decoderShrink` does; with it, further, and also WebP.
 */
export function resizeTo(image: Sharp, { width, height }: Size, rule: Preprocess['resize']['rule']): Sharp {
  return image.resize(width, height, { fit: rule === 'warp' ? 'fill' : 'cover', fastShrinkOnLoad: false });
}
