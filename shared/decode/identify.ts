import sharp, { type Sharp } from 'sharp';
import { Failure } from '../failure.ts';
import { diagnose } from './diagnose.ts';

/** What an image may cost at most, checked before its pixels are decoded. */
export interface DecodeLimits {
  /** Width × height of the original. */
  readonly maxPixels: number;
}

export const defaultDecodeLimits: DecodeLimits = { maxPixels: 2 ** 28 };

/** An image whose header has been read and accepted. */
export interface IdentifiedImage {
  readonly image: Sharp;
  /** Of the upright image, pixels. */
  readonly width: number;
  readonly height: number;
  readonly format: string;
}

/**
 * Reads an image's header: format by content, never by name.
 * @throws {Failure} `empty`, `not_an_image`, `unsupported_format`, `too_many_pixels`, `truncated` or `corrupt`.
 */
export async function identify(bytes: Uint8Array, limits: DecodeLimits): Promise<IdentifiedImage> {
  if (bytes.byteLength === 0) throw new Failure('empty', 'the object holds no bytes');
  // The limit is held below, where it can say how many there were.
  const image = sharp(bytes, { failOn: 'error', limitInputPixels: false });
  const metadata = await image.metadata().catch(async (cause: unknown) => {
    throw await diagnose(bytes, cause);
  });
  const pixels = metadata.width * metadata.height;
  if (pixels > limits.maxPixels) {
    throw new Failure(
      'too_many_pixels',
      `expected at most ${limits.maxPixels} pixels, got ${metadata.width}×${metadata.height} = ${pixels}`,
    );
  }
  const { width, height } = metadata.autoOrient;
  return { image, width, height, format: metadata.compression === 'av1' ? 'avif' : metadata.format };
}

// Loaders that run documents (SVG, PDF) or little-tested parsers on strangers' bytes are shut off in libvips itself.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadJpeg',
    'VipsForeignLoadPng',
    'VipsForeignLoadWebp',
    'VipsForeignLoadHeif',
    'VipsForeignLoadTiff',
    'VipsForeignLoadNsgif',
  ],
});
