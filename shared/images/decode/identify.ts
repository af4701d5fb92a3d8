import sharp, { type Metadata, type Sharp } from 'sharp';
import { Failure } from '../../failures/failure.ts';
import { applyProfile } from './apply-profile.ts';
import { diagnose, unsupportedVariant } from './diagnose.ts';
import { estimateDecodeMemory } from './estimate-decode-memory.ts';
import { decodesHevc } from './hevc.ts';
import { hasUnspecifiedSamples } from './tiff-samples.ts';
import { tooFewBytes } from './too-few-bytes.ts';

/** What an image may cost at most, checked before its pixels are decoded. */
export interface DecodeLimits {
  /** Width × height of the original. */
  readonly maxPixels: number;
}

export const defaultDecodeLimits: DecodeLimits = { maxPixels: 2 ** 28 };

/** The largest file that is read at all, bytes: a store holds this limit before it reads. */
export const defaultMaxBytes = 2 ** 28;

/** An image whose header has been read and accepted. */
export interface IdentifiedImage {
  /** A pipeline of its own over the same bytes; a clone of one would copy the file. */
  open(): Sharp;
  /** Of the upright image, pixels. */
  readonly width: number;
  readonly height: number;
  readonly format: string;
  /** Whether its channels beside the colours are no opacity, and to be left out before anything else is done. */
  readonly hasUnspecified: boolean;
  /** Bytes of memory, at most, that it takes while it is decoded. */
  readonly decodeMemoryBytes: number;
}

/**
 * Reads an image's header: format by content, never by name.
 * @throws {Failure} `empty`, `not_an_image`, `unsupported_format`, `too_many_pixels`, `truncated` or `corrupt`.
 */
export async function identify(bytes: Uint8Array, limits: DecodeLimits): Promise<IdentifiedImage> {
  if (bytes.byteLength === 0) throw new Failure('empty', 'the object holds no bytes');
  // The limit is held below, where it can say how many there were.
  const open = () => sharp(bytes, { failOn: 'error', limitInputPixels: false });
  const metadata = await open()
    .metadata()
    .catch(async (cause: unknown) => {
      throw await diagnose(bytes, cause);
    });
  const { format, width, height, autoOrient } = metadata;
  const pixels = width * height;
  if (pixels > limits.maxPixels) {
    throw new Failure(
      'too_many_pixels',
      `expected at most ${limits.maxPixels} pixels, got ${width}×${height} = ${pixels}`,
    );
  }
  const variant = unsupportedVariant(bytes, `image/${format}`);
  if (variant !== undefined) throw new Failure('unsupported_format', variant);
  const few = tooFewBytes(bytes, format, { width, height });
  if (few !== undefined) throw new Failure('truncated', few);
  const hasUnspecified =
    format === 'tiff' && hasUnspecifiedSamples(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return {
    ...autoOrient,
    hasUnspecified,
    // Without those channels it is kept whole, once more while it is handed over.
    decodeMemoryBytes: estimateDecodeMemory(bytes, metadata) + (hasUnspecified ? 6 * pixels : 0),
    open: () => applyProfile(open(), metadata),
    format: codecOf(metadata),
  };
}

/** AVIF and HEIC are one container with two codecs; libvips tells them apart by the brand, which may be neither's. */
function codecOf({ format, compression }: Metadata): string {
  if (format !== 'heif') return format;
  return compression === 'av1' || !decodesHevc ? 'avif' : 'heic';
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
