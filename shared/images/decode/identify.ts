import sharp, { type Metadata, type Sharp } from 'sharp';
import { Failure } from '../../failures/failure.ts';
import { applyProfile } from './apply-profile.ts';
import { type DecodeTime, decodeTime } from './decode-cost.ts';
import { decoderInput } from './decoder-input.ts';
import { diagnose, truncatedFailure, unsupportedVariant } from './diagnose.ts';
import { endingOf } from './ending/ending-of.ts';
import { inflates } from './ending/inflates.ts';
import { estimateDecodeMemory } from './estimate-decode-memory.ts';
import { decodesHevc } from './hevc.ts';
import { correctionBytes, correctionOf, correctionSeconds, type PixelCorrection } from './pixel-correction.ts';
import { incompleteJpegChunk } from './tiff-jpeg-chunks.ts';
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
  /** Decodes every pixel if the file does not end as its format requires; throws if pixels are missing. */
  checkPixels(): Promise<void>;
  /** Of the upright image, pixels. */
  readonly width: number;
  readonly height: number;
  readonly format: string;
  /** What its decoded pixels need before any other step; undefined for ordinary images. */
  readonly correction: PixelCorrection | undefined;
  /** Maximum bytes of memory to decode it. */
  readonly decodeMemoryBytes: number;
  readonly decodeTime: DecodeTime;
}

/**
 * Reads an image's header. The format is that of the content, never of the name.
 * @param warnings of the decoder of JPEG while it decodes pixels, which it gives for missing ones: whether they are errors
 * @throws {Failure} `empty`, `not_an_image`, `unsupported_format`, `too_many_pixels`, `truncated` or `corrupt`
 */
export async function identify(
  bytes: Uint8Array,
  limits: DecodeLimits,
  warnings: 'fail' | 'ignore' = 'ignore',
): Promise<IdentifiedImage> {
  if (bytes.byteLength === 0) throw new Failure('empty', 'the file is empty');
  const input = decoderInput(bytes);
  // The pixel limit is checked below, where the message can name the number.
  const openBytes = (file: Uint8Array, failOn = input.failOn) => sharp(file, { failOn, limitInputPixels: false });
  const metadata = await openBytes(input.bytes)
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
  const variant = unsupportedVariant(bytes, `image/${codecOf(metadata)}`);
  if (variant !== undefined) throw new Failure('unsupported_format', variant);
  const truncation = tooFewBytes(bytes, format, { width, height });
  if (truncation !== undefined) throw new Failure('truncated', truncation);
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ending = endingOf(bytes, `image/${format}`);
  if (ending === 'truncated') throw truncatedFailure(bytes, `image/${codecOf(metadata)}`);
  const incompleteChunk = format === 'tiff' ? incompleteJpegChunk(file) : undefined;
  if (incompleteChunk !== undefined) throw new Failure('truncated', incompleteChunk);
  const decodable = ending === 'complete' ? input.bytes : decoderInput(ending.restored).bytes;
  const failOn = format === 'jpeg' && warnings === 'fail' ? 'warning' : input.failOn;
  const correction = correctionOf(file, metadata);
  return {
    ...autoOrient,
    correction,
    decodeMemoryBytes:
      estimateDecodeMemory(bytes, metadata) +
      input.copiedBytes +
      (ending === 'complete' ? 0 : 2 * bytes.byteLength) +
      (correction ? correctionBytes(correction) * pixels : 0),
    // An incomplete file is decoded twice.
    decodeTime: withCorrection(decodeTime(bytes, metadata, ending === 'complete' ? 1 : 2), correction ? pixels : 0),
    open: () => applyProfile(openBytes(decodable, failOn), metadata),
    checkPixels: async () => {
      // The decoder of JPEG fills in missing pixels with a warning.
      if (ending === 'complete') return;
      if ('deflated' in ending) {
        if (await inflates(ending.deflated, ending.maxBytes)) return;
        throw truncatedFailure(bytes, 'image/tiff');
      }
      const probe = decoderInput(ending.probe);
      await decodePixels(openBytes(probe.bytes, format === 'jpeg' ? 'warning' : probe.failOn));
    },
    format: codecOf(metadata),
  };
}

function withCorrection({ expected, least }: DecodeTime, pixels: number): DecodeTime {
  return { expected: expected + pixels * correctionSeconds, least };
}

/** Decodes every pixel, row by row, and keeps none. */
async function decodePixels(image: Sharp): Promise<void> {
  const { width, height } = await image.metadata();
  // An image that is cut before it is resized is decoded at full size.
  await image.extract({ left: 0, top: 0, width, height }).resize(1, 1, { fit: 'fill' }).raw().toBuffer();
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
