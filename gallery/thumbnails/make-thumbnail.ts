import type { Sharp } from 'sharp';
import { diagnose } from '../../shared/decode/diagnose.ts';
import { type DecodeLimits, identify } from '../../shared/decode/identify.ts';

/** Sides in pixels: a tile of the grid for plain and for dense screens, and the picture of the detail. */
export const thumbnailSizes = { tile: 224, dense: 448, large: 1280 } as const;
export type ThumbnailSize = keyof typeof thumbnailSizes;

/**
 * The image upright and small, as WebP: tiles are square and filled by its middle, the large one holds all of it.
 * @throws {Failure} for a fault of the content
 */
export async function makeThumbnail(bytes: Uint8Array, size: ThumbnailSize, limits: DecodeLimits): Promise<Uint8Array> {
  const { open } = await identify(bytes, limits);
  const side = thumbnailSizes[size];
  const upright = open().autoOrient();
  const small: Sharp =
    size === 'large'
      ? upright.resize(side, side, { fit: 'inside', withoutEnlargement: true })
      : upright.resize(side, side, { fit: 'cover', position: 'centre' });
  try {
    return await small.webp({ quality: size === 'large' ? 82 : 74, effort: 2 }).toBuffer();
  } catch (cause) {
    throw await diagnose(bytes, cause);
  }
}
