import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { Combination } from './combination.ts';
import { convertFile, run } from './programs.ts';

/** Decodes a file to a PNG of the upright first image: 8-bit sRGB on white. */
export interface IndependentDecoder {
  decode(bytes: Uint8Array, combination: Combination): Promise<Buffer>;
  close(): Promise<void>;
}

/**
 * ImageMagick, whose decoders are other versions and builds than those of sharp. Its lcms applies profiles. AVIF is decoded
 * by `avifdec` of libavif before, because ImageMagick ignores the opacity and the profile of an AVIF.
 */
export async function openIndependentDecoder(): Promise<IndependentDecoder> {
  const folder = await mkdtemp(join(tmpdir(), 'inception-batch-profiles-'));
  const profiles = { srgb: join(folder, 'srgb.icc'), cmyk: join(folder, 'cmyk.icc') };
  await writeFile(profiles.srgb, await builtInProfile('srgb'));
  await writeFile(profiles.cmyk, await builtInProfile('cmyk'));
  return {
    async decode(bytes, combination) {
      const format = combination.format.toLowerCase();
      if (format === 'avif') {
        // How to enlarge subsampled chroma is not specified.
        const png = await convertFile('avifdec', ['-u', 'nearest'], bytes, ['source.avif', 'target.png']);
        return toPng(png, 'png', combination, profiles);
      }
      if (!combination.usesLibtiff) return toPng(bytes, format, combination, profiles);
      const rgba = await convertFile('tiff2rgba', ['-c', 'none'], bytes, ['source.tif', 'target.tif']);
      return toPng(rgba, format, combination, profiles);
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

async function toPng(
  bytes: Uint8Array,
  format: string,
  { assumed, orientation = 1 }: Combination,
  profiles: { readonly srgb: string; readonly cmyk: string },
): Promise<Buffer> {
  const hasProfile = await embedsProfile(bytes);
  return run(
    'convert',
    [
      `${format}:-[0]`,
      ...(orientation === 1 ? [] : ['-orient', orientations[orientation - 1] ?? '']),
      ...(assumed === 'linear light' ? ['-set', 'colorspace', 'RGB', '-colorspace', 'sRGB'] : []),
      // The first profile is assigned if none is embedded, and converted to otherwise.
      ...(assumed === 'cmyk' && !hasProfile ? ['-profile', profiles.cmyk] : []),
      ...(assumed === 'cmyk' || hasProfile ? ['-profile', profiles.srgb] : []),
      ...['-auto-orient', '-colorspace', 'sRGB', '-type', 'TrueColorAlpha', '-background', 'white'],
      // A GIF's frame may be smaller than its screen.
      ...(format === 'gif' ? ['-flatten'] : ['-alpha', 'remove']),
      ...['-strip', '-depth', '8', 'png24:-'],
    ],
    bytes,
  );
}

/** ImageMagick's names of the EXIF orientations from 1 on. */
const orientations = [
  ...['TopLeft', 'TopRight', 'BottomRight', 'BottomLeft'],
  ...['LeftTop', 'RightTop', 'RightBottom', 'LeftBottom'],
];

async function embedsProfile(bytes: Uint8Array): Promise<boolean> {
  return (await sharp(bytes).metadata()).icc !== undefined;
}

/** sharp embeds its profiles into what it writes. */
export async function builtInProfile(name: 'srgb' | 'cmyk' | 'p3'): Promise<Buffer> {
  const pixel = sharp({ create: { width: 1, height: 1, channels: 3, background: 'gray' } });
  const { icc } = await sharp(await pixel.withIccProfile(name).jpeg().toBuffer()).metadata();
  if (icc === undefined) throw new Error(`sharp did not embed the profile ${name}`);
  return icc;
}
