import sharp, { type Sharp } from 'sharp';
import type { Preprocess } from '../../models/model-manifest.ts';
import type { Part, Pixels, Size } from './windows.ts';

/** Gives a pipeline of its own over the same file at every call. */
export type Open = () => Sharp;

/**
 * A part of the image turned upright by its EXIF orientation, transparency laid on the background. Cutting a part out, be it the whole, also keeps sharp from decoding at a fraction of the size what is to
 * be resized, which would change answers (docs/decisions/0006).
 */
export function upright(image: Sharp, { background: [r, g, b] }: Preprocess, part: Part): Sharp {
  return image.autoOrient().extract(part).flatten({ background: { r, g, b } });
}

/** All of an image. */
export function whole({ width, height }: Size): Part {
  return { left: 0, top: 0, width, height };
}

/** Runs a pipeline to its bytes: sRGB by the embedded profile, 8 bits a channel. */
export async function rgb(image: Sharp): Promise<Pixels> {
  const { data, info } = await image
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

export function fromPixels({ width, height, data }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** Left and right exchanged. */
export function mirrored(image: Pixels): Promise<Pixels> {
  return rgb(fromPixels(image).flop());
}

/** The whole image at another size; `warp` stretches it, `cover` cuts off what the aspect ratio leaves over. */
export function resized(image: Sharp, { width, height }: Size, rule: Preprocess['resize']['rule']): Sharp {
  return image.resize(width, height, { fit: rule === 'warp' ? 'fill' : 'cover' });
}
