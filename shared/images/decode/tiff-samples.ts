import { firstDirectory, type TiffDirectory } from './tiff-directory.ts';

const [bitsPerSample, photometric, samplesPerPixel, extraSamples, sampleFormat] = [258, 262, 277, 338, 339];

/** Kinds of pixels by their photometric interpretation (TIFF 6.0, section 8): a name, and channels of colour. */
const kinds: ReadonlyMap<number, readonly [name: string, channels: number]> = new Map([
  [0, ['grey', 1]],
  [1, ['grey', 1]],
  [2, ['RGB', 3]],
  [3, ['palette', 1]],
  [5, ['CMYK', 4]],
  [6, ['YCbCr', 3]],
  [8, ['Lab', 3]],
]);

/** What the numbers of a channel are, by their format. */
const formats: ReadonlyMap<number, string> = new Map([
  [1, ''],
  [2, ', signed'],
  [3, ', floating'],
  [4, ''],
  [5, ', complex'],
  [6, ', complex'],
]);

/** What is decoded to the right picture; of all else libvips makes another one without a word. */
const decoded: ReadonlySet<string> = new Set([
  ...[1, 2, 4, 8].map((bits) => `grey of ${bits}`),
  ...[1, 2, 4, 8].map((bits) => `palette of ${bits}`),
  'grey of 16',
  'RGB of 8',
  'RGB of 16',
  'RGB of 16, floating',
  'RGB of 32, floating',
  'YCbCr of 8',
  'CMYK of 8',
  'CMYK of 16',
  'Lab of 16',
  'Lab of 16, signed',
  'Lab of 32, floating',
]);

const unspecified = 0;
/** More than these are not read. */
const mostChannels = 5;

/**
 * What a TIFF's pixels are, where they are such as would not be decoded, or as another picture.
 * @returns undefined for those that are decoded
 */
export function unsupportedSamples(bytes: Buffer): string | undefined {
  const directory = firstDirectory(bytes);
  const own = directory && samplesOf(directory);
  if (own === undefined) return undefined;
  const { kind, channels, extra } = own;
  const isAlpha = extra.length === 1 && extra[0] !== unspecified;
  if (decoded.has(kind) && channels <= mostChannels && (isAlpha || extra.every((type) => type === unspecified))) {
    return undefined;
  }
  return `expected a TIFF of grey, RGB or CMYK in 8 or 16 bits a channel, got ${kind} bits in ${counted(channels)}`;
}

/** Whether a TIFF has channels beside its colours of which nothing says that they are opacity. */
export function hasUnspecifiedSamples(bytes: Buffer): boolean {
  const directory = firstDirectory(bytes);
  return directory !== undefined && (samplesOf(directory)?.extra.includes(unspecified) ?? false);
}

interface Samples {
  /** As in `decoded`. */
  readonly kind: string;
  readonly channels: number;
  /** What each channel beside the colours is. */
  readonly extra: readonly number[];
}

/** Undefined where the directory says nothing of it, so that the decoder may. */
function samplesOf(directory: TiffDirectory): Samples | undefined {
  const interpretation = directory.first(photometric);
  if (interpretation === undefined) return undefined;
  const channels = directory.first(samplesPerPixel) ?? 1;
  const [name, colours] = kinds.get(interpretation) ?? [`photometric interpretation ${interpretation}`, channels];
  const format = formats.get(directory.first(sampleFormat) ?? 1) ?? ', unknown';
  const extra = Array.from(
    { length: Math.max(0, Math.min(channels, mostChannels + 1) - colours) },
    (_, index) => directory.number(extraSamples, index) ?? unspecified,
  );
  return { kind: `${name} of ${directory.first(bitsPerSample) ?? 1}${format}`, channels, extra };
}

function counted(channels: number): string {
  return channels === 1 ? '1 channel' : `${channels} channels`;
}
