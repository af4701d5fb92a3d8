import { type Combination, combine, named } from './combination.ts';
import { fadingScene, oddScene } from './odd-scene.ts';

export const avifCombinations: readonly Combination[] = combine(
  [8, 10, 12] as const,
  ['4:4:4', '4:2:0', 'lossless', 'monochrome'],
  ['', 'alpha'],
  ['', 'srgb', 'p3'],
).flatMap(([bitdepth, coding, alpha, profile]) => {
  if (coding === 'monochrome' && profile !== '') return [];
  return {
    format: 'AVIF',
    pixels: `${coding === 'monochrome' ? 'gray' : 'RGB'}${alpha === '' ? '' : ' and alpha'} ${bitdepth}-bit`,
    variant: named(coding, profile),
    make: () => {
      const image = alpha === '' ? oddScene() : fadingScene();
      const gray = coding === 'monochrome' ? image.greyscale().toColourspace('b-w') : image;
      const colored = profile === '' ? gray : gray.withIccProfile(profile);
      const chroma = coding === '4:2:0' ? '4:2:0' : '4:4:4';
      return colored
        .avif({ quality: 95, effort: 0, bitdepth, chromaSubsampling: chroma, lossless: coding === 'lossless' })
        .toBuffer();
    },
  };
});
