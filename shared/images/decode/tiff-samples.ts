import { firstDirectory, type TiffDirectory } from './tiff-directory.ts';

const [bitsPerSample, photometricInterpretation, samplesPerPixel, extraSamples, sampleFormat] = [
  258, 262, 277, 338, 339,
];

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

/** Types of a channel after the colors (TIFF 6.0, section 18). */
export const extraTypes = { unspecified: 0, associatedAlpha: 1, unassociatedAlpha: 2 } as const;

/** The channels of a TIFF's pixels. */
export interface TiffSamples {
  /** Color space, bits per channel and number format, for example `RGB 8-bit` or `gray 16-bit signed`. */
  readonly kind: string;
  readonly photometric: number;
  /** Colors and others. */
  readonly channels: number;
  /** The types of the channels after the colors, of the first ones if there are many. */
  readonly extra: readonly number[];
}

const maxExtra = 8;

/** Undefined if the directory does not declare a color space. */
export function samplesOf(directory: TiffDirectory): TiffSamples | undefined {
  const photometric = directory.first(photometricInterpretation);
  if (photometric === undefined) return undefined;
  const channels = directory.first(samplesPerPixel) ?? 1;
  const [name, colors] = colorSpaces.get(photometric) ?? [`photometric interpretation ${photometric}`, channels];
  const format = numberFormats.get(directory.first(sampleFormat) ?? 1) ?? ' unknown';
  const extra = Array.from(
    { length: Math.min(Math.max(0, channels - colors), maxExtra) },
    (_, index) => directory.number(extraSamples, index) ?? extraTypes.unspecified,
  );
  return { kind: `${name} ${directory.first(bitsPerSample) ?? 1}-bit${format}`, photometric, channels, extra };
}

/** Whether a TIFF has extra channels that are not declared as opacity. */
export function hasUnspecifiedSamples(bytes: Buffer): boolean {
  const directory = firstDirectory(bytes);
  return directory !== undefined && (samplesOf(directory)?.extra.includes(extraTypes.unspecified) ?? false);
}
