import sharp, { type Sharp } from 'sharp';
import type { Preprocess } from '../model-manifest.ts';
import type { Pixels, Size } from './windows.ts';

/** Turned upright by its EXIF orientation, transparency laid on the background; a pipeline of its own at every call. */
export function upright(image: Sharp, { background: [r, g, b] }: Preprocess): Sharp {
  return image.clone().autoOrient().flatten({ background: { r, g, b } });
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
