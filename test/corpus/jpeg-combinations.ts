import { type Combination, combine, named } from './combination.ts';
import { height, oddScene, pixels, width } from './odd-scene.ts';
import { run } from './programs.ts';

const ppm = Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`, 'latin1'), pixels]);
const samplings = ['1x1', '2x1', '1x2', '2x2', '4x1', '4x2', '1x4'];
const quality = ['-quality', '95'];

/** By cjpeg: subsampling, coding and color. */
const encoded: readonly Combination[] = combine(
  samplings,
  [[], ['-progressive'], ['-arithmetic'], ['-arithmetic', '-progressive']],
  [[], ['-restart', '1']],
  [[], ['-rgb'], ['-grayscale']],
).flatMap(([sampling, coding, restart, color]) => {
  // Only YCbCr is subsampled.
  if (color.length > 0 && sampling !== '1x1') return [];
  const args = [...quality, ...coding, ...restart, ...color];
  return {
    format: 'JPEG',
    pixels: color.includes('-grayscale') ? 'gray' : color.includes('-rgb') ? 'RGB' : 'YCbCr',
    variant: named(`cjpeg -sample ${sampling}`, args.join(' ')),
    make: () => run('cjpeg', [...args, '-sample', sampling], ppm),
  };
});

/** By sharp: profiles and orientation. */
const tagged: readonly Combination[] = combine(
  ['YCbCr', 'gray'],
  ['', 'srgb', 'p3'],
  [1, 2, 3, 4, 5, 6, 7, 8],
  [false, true],
).flatMap(([color, profile, orientation, progressive]) => {
  if (color === 'gray' && profile !== '') return [];
  return {
    format: 'JPEG',
    pixels: color,
    variant: named(profile, `orientation ${orientation}`, progressive ? 'progressive' : ''),
    make: () => {
      const image = color === 'gray' ? oddScene().greyscale().toColourspace('b-w') : oddScene();
      const colored = profile === '' ? image : image.withIccProfile(profile);
      return colored.withMetadata({ orientation }).jpeg({ quality: 95, progressive }).toBuffer();
    },
  };
});

const cmyk: readonly Combination[] = combine([false, true], ['4:4:4', '4:2:0'], [false, true], [1, 6]).map(
  ([hasProfile, chromaSubsampling, progressive, orientation]) => ({
    format: 'JPEG',
    pixels: 'CMYK',
    variant: named(
      hasProfile ? 'profile' : '',
      chromaSubsampling,
      progressive ? 'progressive' : '',
      `orientation ${orientation}`,
    ),
    assumed: 'cmyk',
    make: () => {
      const image = hasProfile ? oddScene().withIccProfile('cmyk') : oddScene().toColourspace('cmyk');
      return image
        .withExif({ IFD0: { Orientation: String(orientation) } })
        .jpeg({ quality: 95, chromaSubsampling, progressive })
        .toBuffer();
    },
  }),
);

export const jpegCombinations = [...encoded, ...tagged, ...cmyk];
