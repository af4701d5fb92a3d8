import type { WebpOptions } from 'sharp';
import { type Combination, combine, named } from './combination.ts';
import { fadingScene, oddScene } from './odd-scene.ts';

const codings: readonly (readonly [name: string, options: WebpOptions])[] = [
  ['lossy', { quality: 95 }],
  ['lossy, sharp chroma', { quality: 95, smartSubsample: true }],
  ['lossless', { lossless: true }],
  ['near-lossless', { nearLossless: true, quality: 80 }],
];

export const webpCombinations: readonly Combination[] = combine(
  codings,
  ['', 'alpha'],
  ['', 'srgb', 'p3'],
  [1, 3, 6, 8],
).map(([[coding, options], alpha, profile, orientation]) => ({
  format: 'WebP',
  pixels: alpha === '' ? 'RGB' : 'RGB and alpha',
  variant: named(coding, profile, `orientation ${orientation}`),
  make: () => {
    const image = alpha === '' ? oddScene() : fadingScene();
    const colored = profile === '' ? image : image.withIccProfile(profile);
    return colored.withMetadata({ orientation }).webp(options).toBuffer();
  },
}));
