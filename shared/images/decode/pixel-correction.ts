import type { Metadata } from 'sharp';
import { avifItem } from './avif-item.ts';
import { type GifFrame, gifFrame } from './gif-frame.ts';
import { hasUnspecifiedSamples } from './tiff-samples.ts';

/** What the decoder's pixels need before any other step. */
export type PixelCorrection =
  /** Channels that would be mistaken for opacity are dropped. */
  | { readonly kind: 'drop extra channels' }
  /** Gray from 16 to 235 is stretched to 0 to 255. */
  | { readonly kind: 'studio range' }
  /** Colors are already multiplied by the opacity. */
  | { readonly kind: 'premultiplied' }
  /** Only this part of the image was painted. */
  | { readonly kind: 'painted part'; readonly part: GifFrame };

/** Undefined for ordinary images. */
export function correctionOf(bytes: Buffer, metadata: Metadata): PixelCorrection | undefined {
  switch (metadata.format) {
    case 'tiff':
      return hasUnspecifiedSamples(bytes) ? { kind: 'drop extra channels' } : undefined;
    case 'gif':
      return unpaintedGif(bytes, metadata);
    case 'heif':
      return avifCorrection(bytes);
    default:
      return undefined;
  }
}

/** Bytes of memory per pixel for a correction: the whole image, and once more while it is passed on. */
export function correctionBytes({ kind }: PixelCorrection): number {
  return kind === 'studio range' || kind === 'premultiplied' ? 8 : 6;
}

/** Seconds of a core per pixel for a correction; that of colors occupies this program's only thread. */
export const correctionSeconds = 15e-9;

/** The decoder leaves a GIF's screen black around its first frame, unless it has a transparent color. */
function unpaintedGif(bytes: Buffer, { hasAlpha, width, height }: Metadata): PixelCorrection | undefined {
  const frame = gifFrame(bytes);
  if (hasAlpha || frame === undefined) return undefined;
  const { left, top } = frame;
  const part = {
    left,
    top,
    width: Math.min(frame.width, width - left),
    height: Math.min(frame.height, height - top),
  };
  if (part.width === width && part.height === height) return undefined;
  return { kind: 'painted part', part };
}

function avifCorrection(bytes: Buffer): PixelCorrection | undefined {
  const item = avifItem(bytes);
  if (item?.isPremultiplied) return { kind: 'premultiplied' };
  return item?.isMonochrome && item.coding?.isFullRange === false ? { kind: 'studio range' } : undefined;
}
