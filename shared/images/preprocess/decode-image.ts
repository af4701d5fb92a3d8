import sharp from 'sharp';
import { Failure } from '../../failures/failure.ts';
import type { Preprocess } from '../../models/model-manifest.ts';
import { type DecodeMemory, headerBytes, unboundedMemory } from '../decode/decode-memory.ts';
import { diagnose, isHarmlessJpegWarning, isMissingJpegData, truncatedFailure } from '../decode/diagnose.ts';
import { type DecodeLimits, type IdentifiedImage, identify } from '../decode/identify.ts';
import { correctPixels } from './correct-pixels.ts';
import type { OpenImage } from './image-steps.ts';
import type { Size, UprightImage } from './windows.ts';

/** What is made of the pixels of an image. */
export interface PixelWork<T> {
  /** For the parts of the image that its file does not paint. */
  readonly background: Preprocess['background'];
  /** Memory that the work takes besides decoding, bytes. @param size of the upright image */
  memoryBytes(size: Size): number;
  /** May run more than once. */
  run(open: OpenImage, image: UprightImage): Promise<T>;
}

export interface DecodedImage<T> {
  readonly result: T;
  /** Of the upright original, pixels. */
  readonly width: number;
  readonly height: number;
  /** Of the content: `jpeg`, `png`, `webp`, `avif`, `tiff` or `gif`. */
  readonly format: string;
}

export interface DecodeImageOptions {
  readonly limits: DecodeLimits;
  /** @default no limit */
  readonly memory?: DecodeMemory | undefined;
  /** Called with the image before its pixels are decoded; may throw to prevent it. */
  readonly accept?: ((image: IdentifiedImage) => void) | undefined;
}

/**
 * Identifies the format of an image file and decodes its pixels.
 *
 * Running out of memory looks like damage unless the decoder's error text mentions it, and libvips may give that text to
 * another image's thread. So an image that seems corrupt is decoded once more, alone. Then the decoder's text is this
 * image's: a JPEG with a warning about missing data is truncated, and with a harmless one it is decoded once more.
 *
 * @throws {Failure} for a fault of the content; `too_many_pixels` if decoding needs more memory than the budget;
 * `internal` if memory ran out
 */
export async function decodeImage<T>(
  bytes: Uint8Array,
  work: PixelWork<T>,
  { memory = unboundedMemory, ...options }: DecodeImageOptions,
): Promise<DecodedImage<T>> {
  try {
    return await decode(bytes, work, { ...options, memory, warnings: 'fail' });
  } catch (error) {
    if (!(error instanceof Failure) || error.reason !== 'corrupt') throw error;
    return memory.alone(() =>
      decodeAlone(bytes, work, { ...options, memory: { ...unboundedMemory, bytes: memory.bytes } }),
    );
  }
}

interface DecodeOptions extends DecodeImageOptions {
  readonly memory: DecodeMemory;
}

async function decodeAlone<T>(bytes: Uint8Array, work: PixelWork<T>, options: DecodeOptions): Promise<DecodedImage<T>> {
  try {
    return await decode(bytes, work, { ...options, warnings: 'fail' });
  } catch (error) {
    if (!(error instanceof Failure) || error.reason !== 'corrupt' || !isJpeg(bytes)) throw error;
    if (isMissingJpegData(error.cause)) throw truncatedFailure(bytes, 'image/jpeg', error.cause);
    if (!isHarmlessJpegWarning(error.cause)) throw error;
    return await decode(bytes, work, { ...options, warnings: 'ignore' });
  }
}

function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8;
}

async function decode<T>(
  bytes: Uint8Array,
  work: PixelWork<T>,
  { limits, memory, accept, warnings }: DecodeOptions & { readonly warnings: 'fail' | 'ignore' },
): Promise<DecodedImage<T>> {
  const identified = await memory.hold(headerBytes, () => identify(bytes, limits, warnings));
  accept?.(identified);
  const { width, height, format, decodeMemoryBytes } = identified;
  const needed = decodeMemoryBytes + work.memoryBytes({ width, height });
  if (needed > memory.bytes) throw memoryFailure(memory, identified, needed);
  const result = await memory.hold(needed, async () => {
    try {
      await identified.checkPixels();
      return await work.run(await correctPixels(identified, work.background), { width, height, format });
    } catch (cause) {
      throw cause instanceof Failure ? cause : await diagnose(bytes, cause);
    }
  });
  return { result, width, height, format };
}

function memoryFailure(memory: DecodeMemory, { width, height, format }: IdentifiedImage, needed: number): Failure {
  const [budget, required] = [memory.bytes, needed].map((bytes) => Math.ceil(bytes / 2 ** 20));
  return new Failure(
    'too_many_pixels',
    `decoding ${width}×${height} pixels of ${format} needs ${required} MiB of memory, the limit is ${budget} MiB`,
  );
}

// Many images at once on one thread each keep the cores busier than one image on many threads. Each image is decoded once,
// so a cache of decoded tiles would only use memory.
sharp.concurrency(1);
sharp.cache(false);
