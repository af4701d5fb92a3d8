import type { Sharp } from 'sharp';
import { Failure } from '../../failures/failure.ts';
import { type DecodeMemory, headerBytes } from '../decode/decode-memory.ts';
import { diagnose } from '../decode/diagnose.ts';
import { type DecodeLimits, type IdentifiedImage, identify } from '../decode/identify.ts';
import { correctPixels } from './correct-pixels.ts';

/** Sides in pixels: a grid tile on standard and high-density screens, and the detail view. */
const thumbnailSizes = { tile: 224, dense: 448, large: 1280 } as const;
export type ThumbnailSize = keyof typeof thumbnailSizes;

/** For the parts of an image that its file does not paint; transparent parts stay transparent. */
const white = [255, 255, 255] as const;

/**
 * Reduces an image to WebP, with its EXIF orientation applied. Tiles are square and show the center; `large` shows the
 * whole image.
 * @param accept called with the image before its pixels are decoded; may throw to prevent it
 * @throws {Failure} if the bytes cannot be decoded, or the image needs more memory than available
 */
export async function makeThumbnail(
  bytes: Uint8Array,
  size: ThumbnailSize,
  limits: DecodeLimits,
  memory: DecodeMemory,
  accept: (image: IdentifiedImage) => void = () => {},
): Promise<Uint8Array> {
  const identified = await memory.hold(headerBytes, () => identify(bytes, limits));
  accept(identified);
  const { decodeMemoryBytes } = identified;
  if (decodeMemoryBytes > memory.bytes)
    throw new Failure('too_many_pixels', 'the image needs more memory than available');
  return memory.hold(decodeMemoryBytes, async () => {
    try {
      const open = await correctPixels(identified, white);
      return await reduced(open().autoOrient(), size)
        .webp({ quality: size === 'large' ? 82 : 74, effort: 2 })
        .toBuffer();
    } catch (cause) {
      throw await diagnose(bytes, cause);
    }
  });
}

function reduced(upright: Sharp, size: ThumbnailSize): Sharp {
  const side = thumbnailSizes[size];
  if (size === 'large') return upright.resize(side, side, { fit: 'inside', withoutEnlargement: true });
  return upright.resize(side, side, { fit: 'cover', position: 'centre' });
}
