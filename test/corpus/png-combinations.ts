import { type Combination, combine, named } from './combination.ts';
import { fadingPixels, height, oddScene, pixels, width } from './odd-scene.ts';
import { run } from './programs.ts';

/** Color types with their depths, and how ImageMagick makes them. */
const kinds: readonly { name: string; type: number; depths: readonly number[]; alpha: 'none' | 'binary' | 'fading' }[] =
  [
    { name: 'gray', type: 0, depths: [1, 2, 4, 8, 16], alpha: 'none' },
    { name: 'RGB', type: 2, depths: [8, 16], alpha: 'none' },
    { name: 'palette', type: 3, depths: [1, 2, 4, 8], alpha: 'none' },
    { name: 'gray and alpha', type: 4, depths: [8, 16], alpha: 'fading' },
    { name: 'RGB and alpha', type: 6, depths: [8, 16], alpha: 'fading' },
    { name: 'palette and alpha', type: 3, depths: [2, 4, 8], alpha: 'binary' },
  ];

/** By ImageMagick: color types, depths and interlacing. */
const encoded: readonly Combination[] = combine(kinds, [false, true], ['', 'srgb'], [1]).flatMap(
  ([kind, isInterlaced, chunk]) =>
    kind.depths.map((depth) => ({
      format: 'PNG',
      pixels: `${kind.name} ${depth}-bit`,
      variant: named(isInterlaced ? 'interlaced' : '', chunk === '' ? 'no color chunks' : 'gAMA and cHRM'),
      make: () => {
        const isGray = kind.type === 0 || kind.type === 4;
        const colors =
          kind.type === 3 || depth < 8
            ? ['-colors', String(2 ** Math.min(depth, 8) - (kind.alpha === 'binary' ? 1 : 0))]
            : [];
        return run(
          'convert',
          [
            ...['-size', `${width}x${height}`, '-depth', '8'],
            kind.alpha === 'none' ? 'rgb:-' : 'rgba:-',
            ...(isGray ? ['-colorspace', 'Gray'] : []),
            ...(kind.alpha === 'binary' ? ['-channel', 'A', '-threshold', '50%', '+channel'] : []),
            '+dither',
            ...colors,
            ...(isInterlaced ? ['-interlace', 'PNG'] : []),
            ...['-define', `png:color-type=${kind.type}`, '-define', `png:bit-depth=${depth}`],
            ...(chunk === '' ? ['-define', 'png:exclude-chunks=all', '-define', 'png:include-chunk=tRNS'] : []),
            'png:-',
          ],
          kind.alpha === 'none' ? pixels : fadingPixels,
        );
      },
    })),
);

/** By sharp: profiles and orientation. */
const tagged: readonly Combination[] = combine(
  ['', 'srgb', 'p3'],
  ['srgb', 'rgb16'],
  [1, 2, 3, 4, 5, 6, 7, 8],
  [false, true],
).map(([profile, space, orientation, progressive]) => ({
  format: 'PNG',
  pixels: `RGB ${space === 'srgb' ? 8 : 16}-bit`,
  variant: named(profile, `orientation ${orientation}`, progressive ? 'interlaced' : ''),
  // ImageMagick 6 reads no orientation from a PNG.
  orientation,
  make: () => {
    const image = oddScene().toColourspace(space);
    const colored = profile === '' ? image : image.withIccProfile(profile);
    return colored.withMetadata({ orientation }).png({ progressive }).toBuffer();
  },
}));

export const pngCombinations = [...encoded, ...tagged];
