import { compressionOf, tiffCompression, unsupportedCompression } from './tiff-compression.ts';
import { firstDirectory, type TiffDirectory } from './tiff-directory.ts';
import { hasOtherJpegColors } from './tiff-jpeg-colors.ts';
import { extraTypes, samplesOf, type TiffSamples } from './tiff-samples.ts';

const [planarConfiguration, colorMap, tileWidth, inkSet, subsamplingTag, iccProfile] = [284, 320, 322, 332, 530, 34675];
const [rgb, palette, cmyk, ycbcr, minIsWhite] = [2, 3, 5, 6, 0];

/** How a kind of pixels may be stored. */
interface Kind {
  /** Extra channels: only undeclared ones are dropped correctly, `any` includes opacity. */
  readonly extra: 'none' | 'undeclared' | 'any';
  /** Whether each channel may be stored by itself. */
  readonly isPlanar?: boolean;
  /** Whether an embedded color profile makes the decoder's output wrong. */
  readonly breaksWithProfile?: boolean;
}

/**
 * The combinations whose pixels equal those that the specification defines; each was compared with known pixels or with
 * another decoder (docs/decisions/0021). libvips decodes others to a wrong image without an error.
 */
const supported: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ['gray 1-bit', { extra: 'none' }],
  ['gray 2-bit', { extra: 'none' }],
  ['gray 4-bit', { extra: 'none' }],
  ['gray 8-bit', { extra: 'any' }],
  ['gray 16-bit', { extra: 'any' }],
  ['palette 1-bit', { extra: 'undeclared' }],
  ['palette 2-bit', { extra: 'undeclared' }],
  ['palette 4-bit', { extra: 'undeclared' }],
  ['palette 8-bit', { extra: 'any' }],
  ['RGB 8-bit', { extra: 'any', isPlanar: true }],
  ['RGB 16-bit', { extra: 'any', isPlanar: true }],
  ['RGB 16-bit float', { extra: 'undeclared', breaksWithProfile: true }],
  ['RGB 32-bit float', { extra: 'undeclared', isPlanar: true, breaksWithProfile: true }],
  ['YCbCr 8-bit', { extra: 'none' }],
  ['CMYK 8-bit', { extra: 'any', isPlanar: true }],
  ['CMYK 16-bit', { extra: 'undeclared', isPlanar: true }],
  ['Lab 16-bit', { extra: 'undeclared' }],
  ['Lab 16-bit signed', { extra: 'undeclared' }],
  ['Lab 32-bit float', { extra: 'undeclared', isPlanar: true, breaksWithProfile: true }],
]);

const maxChannels = 5;

/** Chroma subsampling, horizontal × vertical, of YCbCr pixels that are not JPEG data. */
const decodedSubsampling: ReadonlySet<string> = new Set(['2x1', '2x2', '4x1', '4x2', '1x2']);

/**
 * A message if the first page of a TIFF would not be decoded, or would be decoded to a wrong image.
 * @returns undefined if it is supported, or if the file ends before its first directory does
 */
export function unsupportedTiff(bytes: Buffer): string | undefined {
  const directory = firstDirectory(bytes);
  if (directory === undefined) return undefined;
  const compression = unsupportedCompression(directory);
  if (compression !== undefined) return `a TIFF compressed with ${compression}: save it with LZW, Deflate or JPEG`;
  const samples = samplesOf(directory);
  if (samples === undefined) return undefined;
  const kind = supported.get(samples.kind);
  if (kind === undefined || samples.channels > maxChannels) return `${ofKind(samples)}: ${action}`;
  return (
    unsupportedExtra(samples, kind) ??
    unsupportedLayout(directory, samples, kind) ??
    unsupportedCoding(bytes, directory, samples) ??
    unsupportedColors(directory, samples, kind)
  );
}

const action = 'save it as gray, RGB or CMYK with 8 or 16 bits per channel';

function ofKind({ kind, channels }: TiffSamples): string {
  return `a TIFF of ${kind} with ${channels === 1 ? '1 channel' : `${channels} channels`}`;
}

function unsupportedExtra(samples: TiffSamples, kind: Kind): string | undefined {
  const { extra, photometric } = samples;
  if (extra.length === 0) return undefined;
  const isUndeclared = extra.every((type) => type === extraTypes.unspecified);
  if (isUndeclared && kind.extra !== 'none') return undefined;
  const isSingleAlpha = extra.length === 1 && !isUndeclared;
  if (!isSingleAlpha) return `${ofKind(samples)}: ${action}`;
  if (kind.extra !== 'any') return `a TIFF of ${samples.kind} with an alpha channel: save it without the alpha channel`;
  const isPremultiplied = extra[0] === extraTypes.associatedAlpha && [minIsWhite, palette].includes(photometric);
  return isPremultiplied
    ? `a TIFF of ${photometric === palette ? 'palette' : 'inverted gray'} with premultiplied alpha: save it as RGB`
    : undefined;
}

function unsupportedLayout(directory: TiffDirectory, samples: TiffSamples, kind: Kind): string | undefined {
  if (directory.first(planarConfiguration) !== 2) return undefined;
  if (directory.first(tileWidth) !== undefined) {
    return 'a TIFF with tiles in separate planes: save it with interleaved channels';
  }
  return samples.channels === 1 || kind.isPlanar
    ? undefined
    : `a TIFF of ${samples.kind} in separate planes: save it with interleaved channels`;
}

/** Combinations of a compression and pixels. */
function unsupportedCoding(bytes: Buffer, directory: TiffDirectory, samples: TiffSamples): string | undefined {
  const compression = compressionOf(directory);
  if (compression === tiffCompression.jpeg) {
    if (samples.extra.length > 0) {
      return `${ofKind(samples)}, compressed with JPEG: save it without the extra channel or with LZW`;
    }
    if (!hasOtherJpegColors(bytes, directory, samples.photometric)) return undefined;
    return samples.photometric === rgb
      ? 'a TIFF declared as RGB whose JPEG data is YCbCr: save it again as YCbCr or with LZW'
      : 'a TIFF of CMYK whose JPEG data is inverted, as Adobe stores it: save it as RGB or with LZW';
  }
  if (compression === tiffCompression.webp && samples.photometric !== rgb) {
    return `a TIFF of ${samples.kind} compressed with WebP: save it with LZW, Deflate or JPEG`;
  }
  if (samples.photometric !== ycbcr) return undefined;
  if (directory.first(tileWidth) !== undefined) {
    return 'a TIFF of YCbCr in tiles without JPEG compression: save it as RGB';
  }
  const subsampling = `${directory.first(subsamplingTag) ?? 2}x${directory.number(subsamplingTag, 1) ?? 2}`;
  return decodedSubsampling.has(subsampling)
    ? undefined
    : `a TIFF of YCbCr with ${subsampling} subsampling without JPEG compression: save it as RGB`;
}

function unsupportedColors(directory: TiffDirectory, samples: TiffSamples, kind: Kind): string | undefined {
  if (samples.photometric === palette && !directory.values.has(colorMap)) {
    return 'a TIFF of palette colors without a palette: save it as gray or RGB';
  }
  if (samples.photometric === cmyk && (directory.first(inkSet) ?? 1) !== 1) {
    return 'a TIFF of inks other than CMYK: save it as RGB or CMYK';
  }
  return kind.breaksWithProfile && directory.values.has(iccProfile)
    ? `a TIFF of ${samples.kind} with a color profile: save it with 16 bits per channel or without the profile`
    : undefined;
}
