import { type Combination, combine, named } from './combination.ts';
import { fadingPixels, height, width } from './odd-scene.ts';
import { run } from './programs.ts';

/** By ImageMagick: a first frame on a screen, and another frame after it. */
export const gifCombinations: readonly Combination[] = combine(
  [2, 16, 255],
  ['', 'interlaced'],
  ['', 'transparent'],
  ['', 'smaller than its screen', 'animated'],
).map(([colors, interlaced, transparent, frame]) => ({
  format: 'GIF',
  pixels: `palette of ${colors}${transparent === '' ? '' : ' and transparency'}`,
  variant: named(interlaced, frame),
  make: () =>
    run(
      'convert',
      [
        ...['-size', `${width}x${height}`, '-depth', '8', 'rgba:-'],
        ...(transparent === '' ? ['-alpha', 'off'] : ['-channel', 'A', '-threshold', '50%', '+channel']),
        ...['+dither', '-colors', String(colors)],
        ...(frame === 'smaller than its screen' ? ['-repage', `${width + 32}x${height + 24}+20+8`] : []),
        ...(frame === 'animated' ? ['(', '+clone', '-negate', ')', '-set', 'delay', '10'] : []),
        ...(interlaced === '' ? [] : ['-interlace', 'GIF']),
        'gif:-',
      ],
      fadingPixels,
    ),
}));
