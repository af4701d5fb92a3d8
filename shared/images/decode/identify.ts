import sharp, { type Metadata, type Sharp } from 'sharp';
import { Failure } from '../../failures/failure.ts';
import { applyProfile } from './apply-profile.ts';
import { expectedDecodeSeconds } from './decode-cost.ts';
import { decoderInput } from './decoder-input.ts';
import { diagnose, unsupportedVariant } from './diagnose.ts';
import { estimateDecodeMemory } from './estimate-decode-memory.ts';
import { decodesHevc } from './hevc.ts';
import { hasUnspecifiedSamples } from './tiff-samples.ts';
import { tooFewBytes } from './too-few-bytes.ts';

/** Limits that are checked before pixels are decoded. */
export interface DecodeLimits {
  /** Width × height of the original. */
  readonly maxPixels: number;
}

export const defaultDecodeLimits: DecodeLimits = { maxPixels: 2 ** 28 };

/** The largest file to read, bytes; stores check it before they read. */
export const defaultMaxBytes = 2 ** 28;

/** An image with a valid, accepted header. */
export interface IdentifiedImage {
  /** Starts a new pipeline over the same bytes; cloning a pipeline would copy the file. */
  open(): Sharp;
  /** Of the upright image, pixels. */
  readonly width: number;
  readonly height: number;
  readonly format: string;
  /** Whether it has extra channels that are not opacity and must be dropped before any other step. */
  readonly hasUnspecified: boolean;
  /** Maximum bytes of memory to decode it. */
  readonly decodeMemoryBytes: number;
  /** Expected time of a core to decode it, from its header. */
  readonly decodeSeconds: number;
}

/**
 * Reads an image's header. The format is that of the content, never of the name.
 * @throws {Failure} `empty`, `not_an_image`, `unsupported_format`, `too_many_pixels`, `truncated` or `corrupt`
 */
export async function identify(bytes: Uint8Array, limits: DecodeLimits): Promise<IdentifiedImage> {
  if (bytes.byteLength === 0) throw new Failure('empty', 'the object is empty');
  const input = decoderInput(bytes);
  // The pixel limit is checked below, where the message can name the number.
  const open = () => sharp(input.bytes, { failOn: input.failOn, limitInputPixels: false });
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
      `${width}×${height} = ${pixels} pixels are over the limit of ${limits.maxPixels}: save a smaller image`,
    );
  }
  const variant = unsupportedVariant(bytes, `image/${format}`);
  if (variant !== undefined) throw new Failure('unsupported_format', variant);
  const truncation = tooFewBytes(bytes, format, { width, height });
  if (truncation !== undefined) throw new Failure('truncated', truncation);
  const hasUnspecified =
    format === 'tiff' && hasUnspecifiedSamples(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  return {
    ...autoOrient,
    hasUnspecified,
    decodeMemoryBytes:
      estimateDecodeMemory(bytes, metadata) +
      input.copiedBytes +
      // Dropping channels keeps the whole image, and once more while it is passed on.
      (hasUnspecified ? 6 * pixels : 0),
    decodeSeconds: expectedDecodeSeconds(bytes, metadata),
    open: () => applyProfile(open(), metadata),
    format: codecOf(metadata),
  };
}

/** AVIF and HEIC share a container; libvips distinguishes them by the brand, which may belong to neither. */
function codecOf({ format, compression }: Metadata): string {
  if (format !== 'heif') return format;
  return compression === 'av1' || !decodesHevc ? 'avif' : 'heic';
}

// Untrusted bytes must not reach loaders that run documents (SVG, PDF) or little-tested parsers.
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
