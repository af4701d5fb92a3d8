import sharp from 'sharp';
import { height, pixels, width } from '../support/formats/scene.ts';
import { tiffScene } from '../support/formats/tiff-scene.ts';
import { type Combination, combine, named } from './combination.ts';
import { builtInProfile } from './independent-decoder.ts';
import { tiffKinds } from './tiff-kinds.ts';
import { storedTiffs } from './tiff-storage.ts';

/** Kinds of an extra channel by the number in their tag. */
const alphas = [
  ['undeclared extra channel', 0],
  ['premultiplied alpha', 1],
  ['alpha', 2],
] as const;

const withExtra = combine(tiffKinds, alphas, [1, 0.5], [false, true]).flatMap(
  ([{ name, samples, assumed }, [alpha, type], opacity, isPlanar]): readonly Combination[] => {
    if (samples.bits < 8) return [];
    // The colors of this scene are not premultiplied.
    if (type !== 2 && opacity !== 1) return [];
    return [
      {
        format: 'TIFF',
        pixels: `${name} and an extra channel`,
        variant: named(alpha, opacity === 1 ? 'opaque' : 'half opaque', isPlanar ? 'separate planes' : ''),
        ...(assumed && { assumed }),
        // ImageMagick 6 does not invert gray with an extra channel.
        ...(samples.photometric === 0 && { known: () => redOnWhite(opacity) }),
        make: async () =>
          tiffScene(
            { ...samples, count: samples.count + 1 },
            { tags: { 338: type }, extra: opacity, layout: { isPlanar } },
          ),
      },
    ];
  },
);

/** The scene's red channel, of this opacity. */
function redOnWhite(opacity: number): Promise<Buffer> {
  const red = Uint8Array.from({ length: width * height }, (_, pixel) =>
    Math.round((pixels[pixel * 3] ?? 0) * opacity + 255 * (1 - opacity)),
  );
  return sharp(red, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer();
}

const oriented = combine(tiffKinds, [2, 3, 4, 5, 6, 7, 8], [false, true], [0]).map(
  ([{ name, samples, assumed }, orientation, isTiled]): Combination => ({
    format: 'TIFF',
    pixels: name,
    variant: named(`orientation ${orientation}`, isTiled ? 'tiles' : ''),
    ...(assumed && { assumed }),
    make: async () => tiffScene(samples, { tags: { 274: orientation }, ...(isTiled && { layout: { tile: 64 } }) }),
  }),
);

const profiled = combine(tiffKinds, ['srgb', 'p3'] as const, [false, true], [0]).flatMap(
  ([{ name, samples, assumed }, profile, isTiled]): readonly Combination[] => {
    if (samples.photometric !== 2) return [];
    return [
      {
        format: 'TIFF',
        pixels: name,
        variant: named(profile, isTiled ? 'tiles' : ''),
        ...(assumed && { assumed }),
        make: async () =>
          tiffScene(samples, {
            tags: { 34675: await builtInProfile(profile) },
            ...(isTiled && { layout: { tile: 64 } }),
          }),
      },
    ];
  },
);

export const tiffCombinations: readonly Combination[] = [...storedTiffs, ...withExtra, ...oriented, ...profiled];
