import sharp, { type Color, type Sharp } from 'sharp';
import type { IdentifiedImage } from '../decode/identify.ts';
import { fromPixels, type OpenImage, toRgb } from './image-steps.ts';

type Background = readonly [red: number, green: number, blue: number];

/**
 * Applies the correction that an image needs, in a pipeline before all others: sharp has a fixed order of steps.
 * @param background for the parts of the image that its file does not paint
 */
export async function correctPixels(image: IdentifiedImage, background: Background): Promise<OpenImage> {
  const { correction, open } = image;
  const [r, g, b] = background;
  switch (correction?.kind) {
    case undefined:
      return open;
    case 'drop extra channels':
      return kept(await toRgb(open().autoOrient().removeAlpha()));
    case 'painted part': {
      const { part } = correction;
      const beyond = {
        left: part.left,
        top: part.top,
        right: image.width - part.left - part.width,
        bottom: image.height - part.top - part.height,
        background: { r, g, b } satisfies Color,
      };
      if (part.width <= 0 || part.height <= 0) {
        const { width, height } = image;
        return () => sharp({ create: { width, height, channels: 3, background: { r, g, b } } });
      }
      return kept(await toRgb(open().extract(part).extend(beyond)));
    }
    case 'studio range':
      return stretchRange(open());
    case 'premultiplied':
      return flattenPremultiplied(open(), background);
  }
}

function kept(pixels: Awaited<ReturnType<typeof toRgb>>): OpenImage {
  return () => fromPixels(pixels);
}

/** Black is 16 and white 235 in studio range (ITU-R BT.709, 4.6). */
const fullRange = Uint8Array.from({ length: 256 }, (_, value) =>
  Math.min(255, Math.max(0, Math.round(((value - 16) * 255) / 219))),
);

/** Stretches the colors; opacity always has the full range. */
async function stretchRange(image: Sharp): Promise<OpenImage> {
  const { data, info } = await decoded(image);
  const { channels } = info;
  const colors = channels < 3 ? 1 : 3;
  for (let pixel = 0; pixel < data.length; pixel += channels) {
    for (let at = pixel; at < pixel + colors; at += 1) data[at] = fullRange[data[at] ?? 0] ?? 0;
  }
  return () => sharp(data, { raw: info });
}

/** Lays colors that are already multiplied by their opacity on the background. */
async function flattenPremultiplied(image: Sharp, background: Background): Promise<OpenImage> {
  const { data, info } = await decoded(image.ensureAlpha());
  const { width, height } = info;
  const rgb = Buffer.alloc(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const transparency = (255 - (data[pixel * 4 + 3] ?? 0)) / 255;
    for (let channel = 0; channel < 3; channel += 1) {
      const value = (data[pixel * 4 + channel] ?? 0) + Math.round(transparency * (background[channel] ?? 0));
      rgb[pixel * 3 + channel] = Math.min(255, value);
    }
  }
  return kept({ width, height, data: rgb });
}

/** All channels, 8 bits each, sRGB. */
function decoded(image: Sharp) {
  return image.toColourspace('srgb').raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
}
