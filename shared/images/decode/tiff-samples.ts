import { firstDirectory, type TiffDirectory } from './tiff-directory.ts';

const [bitsPerSample, photometric, samplesPerPixel, extraSamples, sampleFormat] = [258, 262, 277, 338, 339];

/** Names and color channels by photometric interpretation (TIFF 6.0, section 8). */
const colorSpaces: ReadonlyMap<number, readonly [name: string, channels: number]> = new Map([
  [0, ['gray', 1]],
  [1, ['gray', 1]],
  [2, ['RGB', 3]],
  [3, ['palette', 1]],
  [5, ['CMYK', 4]],
  [6, ['YCbCr', 3]],
  [8, ['Lab', 3]],
]);

/** Number formats of a channel; unsigned integers have no name. */
const numberFormats: ReadonlyMap<number, string> = new Map([
  [1, ''],
  [2, ' signed'],
  [3, ' float'],
  [4, ''],
  [5, ' complex'],
  [6, ' complex'],
]);

/** Kinds of pixels that are decoded correctly; libvips decodes others to a wrong image without an error. */
const supported: ReadonlySet<string> = new Set([
  ...[1, 2, 4, 8].flatMap((bits) => [`gray ${bits}-bit`, `palette ${bits}-bit`]),
  'gray 16-bit',
  'RGB 8-bit',
  'RGB 16-bit',
  'RGB 16-bit float',
  'RGB 32-bit float',
  'YCbCr 8-bit',
  'CMYK 8-bit',
  'CMYK 16-bit',
  'Lab 16-bit',
  'Lab 16-bit signed',
  'Lab 32-bit float',
]);

const unspecified = 0;
const maxChannels = 5;

/**
 * A message if the pixels of a TIFF would not be decoded, or would be decoded to a wrong image.
 * @returns undefined if they are supported
 */
export function unsupportedSamples(bytes: Buffer): string | undefined {
  const directory = firstDirectory(bytes);
  const samples = directory && samplesOf(directory);
  if (samples === undefined) return undefined;
  const { kind, channels, extra } = samples;
  const isAlpha = extra.length === 1 && extra[0] !== unspecified;
  if (supported.has(kind) && channels <= maxChannels && (isAlpha || extra.every((type) => type === unspecified))) {
    return undefined;
  }
  const count = channels === 1 ? '1 channel' : `${channels} channels`;
  return `a TIFF of ${kind} with ${count}: save it as gray, RGB or CMYK with 8 or 16 bits per channel`;
}

/** Whether a TIFF has extra channels that are not declared as opacity. */
export function hasUnspecifiedSamples(bytes: Buffer): boolean {
  const directory = firstDirectory(bytes);
  return directory !== undefined && (samplesOf(directory)?.extra.includes(unspecified) ?? false);
}

interface Samples {
  /** As in `supported`. */
  readonly kind: string;
  readonly channels: number;
  /** The types of the channels after the colors. */
  readonly extra: readonly number[];
}

/** Undefined if the directory does not declare a color space; the decoder may still know it. */
function samplesOf(directory: TiffDirectory): Samples | undefined {
  const interpretation = directory.first(photometric);
  if (interpretation === undefined) return undefined;
  const channels = directory.first(samplesPerPixel) ?? 1;
  const [name, colors] = colorSpaces.get(interpretation) ?? [`photometric interpretation ${interpretation}`, channels];
  const format = numberFormats.get(directory.first(sampleFormat) ?? 1) ?? ' unknown';
  const extra = Array.from(
    { length: Math.max(0, Math.min(channels, maxChannels + 1) - colors) },
    (_, index) => directory.number(extraSamples, index) ?? unspecified,
  );
  return { kind: `${name} ${directory.first(bitsPerSample) ?? 1}-bit${format}`, channels, extra };
}
