import type { Preprocess } from '../../models/model-manifest.ts';
import type { Picture } from '../../regions/color-spaces.ts';
import { workingSize } from '../../regions/working-size.ts';
import { type DecodedImage, type DecodeImageOptions, decodeImage } from './decode-image.ts';
import type { OpenImage } from './image-steps.ts';
import { keptSize, pictureOf, uprightPixels } from './upright-pixels.ts';
import type { Size } from './windows.ts';

/** An image reduced to the picture in which regions are proposed. */
export interface ReducedImage extends Omit<DecodedImage<never>, 'result'> {
  readonly picture: Picture;
}

/** Behind transparent pixels, as in the presets of networks. */
const background: Preprocess['background'] = [255, 255, 255];

/** @throws {Failure} as `decodeImage` does */
export async function makePicture(bytes: Uint8Array, options: DecodeImageOptions): Promise<ReducedImage> {
  const work = {
    background,
    memoryBytes: (size: Size) => rgbBytes(keptSize(size)) + 2 * rgbBytes(workingSize(size)),
    run: async (open: OpenImage, size: Size) => pictureOf(await uprightPixels(open, background, size), size),
  };
  const { result: picture, ...image } = await decodeImage(bytes, work, options);
  return { picture, ...image };
}

function rgbBytes({ width, height }: Size): number {
  return width * height * 3;
}
