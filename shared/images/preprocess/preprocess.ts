import sharp from 'sharp';
import { Failure } from '../../failures/failure.ts';
import { type CropRule, cropCounts, type Preprocess } from '../../models/model-manifest.ts';
import { type DecodeMemory, unboundedMemory } from '../decode/decode-memory.ts';
import { diagnose } from '../decode/diagnose.ts';
import { type DecodeLimits, type IdentifiedImage, identify } from '../decode/identify.ts';
import { centerCrop } from './center-crop.ts';
import { keptBytes, multiscaleCrops } from './multiscale-crops.ts';
import { tenCrops } from './ten-crops.ts';
import { fromPixels, type Open, rgb } from './upright.ts';
import type { Size } from './windows.ts';

/** The crops of a decoded, upright, resized image, its mean not yet subtracted. */
export interface Crops {
  /** How many, see `cropCounts`. */
  readonly count: number;
  /** count × height × width × 3 bytes, RGB interleaved. */
  readonly pixels: Uint8Array;
  /** Of the upright original, pixels. */
  readonly width: number;
  readonly height: number;
  /** Of the content: `jpeg`, `png`, `webp`, `avif`, `tiff` or `gif`. */
  readonly format: string;
}

const cutters: Readonly<Record<CropRule, (open: Open, rule: Preprocess, size: Size) => Promise<Buffer>>> = {
  center: centerCrop,
  ten: tenCrops,
  multiscale: multiscaleCrops,
};

/**
 * Turns the bytes of an image file into the crops that a model asks for: upright by its EXIF orientation, in sRGB by its
 * embedded profile, transparency laid on the background, resized and cropped by the rule. The first frame of several.
 *
 * Memory that runs out looks like damage, unless the text says so, and the text may be another image's: what is called
 * corrupt is tried once more, alone.
 *
 * @throws {Failure} for a fault of the content, `too_many_pixels` where it needs more memory than there is, or `internal`
 * where memory ran out.
 */
export async function preprocess(
  bytes: Uint8Array,
  rule: Preprocess,
  limits: DecodeLimits,
  memory: DecodeMemory = unboundedMemory,
): Promise<Crops> {
  try {
    return await cropsOf(bytes, rule, limits, memory);
  } catch (error) {
    if (!(error instanceof Failure) || error.reason !== 'corrupt') throw error;
    return memory.alone(() => cropsOf(bytes, rule, limits, { ...unboundedMemory, bytes: memory.bytes }));
  }
}

/** What a header takes to be read. */
const headerBytes = 2 ** 20;

async function cropsOf(
  bytes: Uint8Array,
  rule: Preprocess,
  limits: DecodeLimits,
  memory: DecodeMemory,
): Promise<Crops> {
  const identified = await memory.hold(headerBytes, () => identify(bytes, limits));
  const { width, height, format, decodedBytes } = identified;
  const { crop } = rule;
  const count = cropCounts[crop.rule];
  const expected = count * crop.width * crop.height * 3;
  const needed = decodedBytes + 2 * expected + (crop.rule === 'multiscale' ? keptBytes({ width, height }) : 0);
  if (needed > memory.bytes) throw tooManyFor(memory, identified, needed);
  const pixels = await memory.hold(needed, async () => {
    try {
      return await cutters[crop.rule](await withoutUnspecified(identified), rule, { width, height });
    } catch (cause) {
      throw cause instanceof Failure ? cause : await diagnose(bytes, cause);
    }
  });
  if (pixels.byteLength !== expected) {
    throw new Failure('corrupt', `expected ${expected} bytes of RGB after decoding, got ${pixels.byteLength}`);
  }
  return { count, pixels, width, height, format };
}

/**
 * Channels beside the colours would be taken for opacity. Since sharp leaves channels out last of all, that is a pipeline
 * of its own.
 */
async function withoutUnspecified({ open, hasUnspecified }: IdentifiedImage): Promise<Open> {
  if (!hasUnspecified) return open;
  const pixels = await rgb(open().autoOrient().removeAlpha());
  return () => fromPixels(pixels);
}

function tooManyFor(memory: DecodeMemory, { width, height, format }: IdentifiedImage, needed: number): Failure {
  const [most, own] = [memory.bytes, needed].map((bytes) => Math.ceil(bytes / 2 ** 20));
  return new Failure(
    'too_many_pixels',
    `expected pixels that are decoded in ${most} MiB of memory, got ${width}×${height} of ${format}, which take ${own}`,
  );
}

// Many images at once, one thread each, keep the cores busier than one image on many threads; and no image is seen
// twice, so a cache of decoded tiles only holds memory.
sharp.concurrency(1);
sharp.cache(false);
