import type { Preprocess } from '../../models/model-manifest.ts';
import type { Picture } from '../../regions/color-spaces.ts';
import { workingSize } from '../../regions/working-size.ts';
import { fromPixels, type OpenImage, resizeTo, toRgb, uprightRegion, wholeImage } from './image-steps.ts';
import type { Pixels, Size } from './windows.ts';

/** Decoded pixels are kept up to 100 MB. */
const maxKeptPixels = 2 ** 25;

/** The size in which the pixels of an image are kept. Larger images are shrunk while they are decoded. */
export function keptSize({ width, height }: Size): Size {
  const scale = Math.min(1, Math.sqrt(maxKeptPixels / (width * height)));
  return { width: Math.max(1, Math.floor(width * scale)), height: Math.max(1, Math.floor(height * scale)) };
}

/** The whole image in its `keptSize`. @param size of the upright image */
export function uprightPixels(open: OpenImage, background: Preprocess['background'], size: Size): Promise<Pixels> {
  const image = uprightRegion(open(), { background }, wholeImage(size));
  const kept = keptSize(size);
  return toRgb(kept.width === size.width && kept.height === size.height ? image : resizeTo(image, kept, 'warp'));
}

/**
 * The picture in which regions are proposed. Made of kept pixels, so that an image has the same regions wherever they are proposed.
 * @param pixels of the whole image, see `uprightPixels`
 * @param size of the upright image
 */
export async function pictureOf(pixels: Pixels, size: Size): Promise<Picture> {
  const { data, ...working } = await toRgb(resizeTo(fromPixels(pixels), workingSize(size), 'warp'));
  // Memory of its own can be moved to a thread.
  return { pixels: Uint8Array.from(data), ...working };
}
