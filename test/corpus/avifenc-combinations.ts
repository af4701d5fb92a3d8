import type { Sharp } from 'sharp';
import { scene } from '../support/formats/scene.ts';
import { type Combination, combine, named } from './combination.ts';
import { fadingScene, oddScene } from './odd-scene.ts';
import { convertFile } from './programs.ts';

/** Primaries, transfer and matrix (ITU-T H.273): sRGB with BT.601, with BT.709, with BT.2020's matrix, and RGB itself. */
const codings: Readonly<Record<string, readonly string[]>> = {
  'BT.601': ['--cicp', '1/13/6'],
  'BT.709': ['--cicp', '1/13/1'],
  'BT.2020 matrix': ['--cicp', '1/13/9'],
  'RGB (identity matrix)': ['--cicp', '1/13/0'],
};
const chromas = ['444', '422', '420', '400'];

/** By avifenc: range, chroma, depth and matrix. */
const encoded = combine(Object.entries(codings), chromas, ['full', 'limited'], [8, 10, 12]).flatMap(
  ([[coding, args], chroma, range, depth]): readonly Combination[] => {
    if (coding.startsWith('RGB') && chroma !== '444') return [];
    const kind = chroma === '400' ? 'gray' : 'RGB';
    return [
      {
        format: 'AVIF',
        pixels: `${kind} ${depth}-bit`,
        variant: named(coding, chroma, `${range} range`),
        // avifdec 0.11 is about 2 steps off for these.
        ...(chroma === '400' && range === 'limited' && depth === 8 && { known: () => inFullRange(args) }),
        make: () => encode(oddScene(), [...args, '-y', chroma, '-r', range, '-d', String(depth)]),
      },
    ];
  },
);

const withAlpha = combine(['', 'premultiplied'], chromas, ['full', 'limited'], [8, 10]).map(
  ([premultiplied, chroma, range, depth]): Combination => ({
    format: 'AVIF',
    pixels: `${chroma === '400' ? 'gray' : 'RGB'} and alpha ${depth}-bit`,
    variant: named(premultiplied, chroma, `${range} range`),
    make: () =>
      encode(fadingScene(), [...(premultiplied === '' ? [] : ['-p']), '-y', chroma, '-r', range, '-d', String(depth)]),
  }),
);

/** By the number of EXIF: quarter turns counterclockwise, and then a mirror image. */
const turns: Readonly<Record<number, readonly string[]>> = {
  2: ['--imir', '1'],
  3: ['--irot', '2'],
  4: ['--imir', '0'],
  6: ['--irot', '3'],
  8: ['--irot', '1'],
};
const turned = combine(Object.entries(turns), ['444', '420'], [8, 10], [0]).map(
  ([[orientation, args], chroma, depth]): Combination => ({
    format: 'AVIF',
    pixels: `RGB ${depth}-bit`,
    variant: named(args.join(' '), chroma),
    // avifdec 0.11 does not turn the image.
    orientation: Number(orientation),
    // Of an even size: which chroma belongs to the last row is not specified.
    make: () => encode(scene(), [...args, '-y', chroma, '-d', String(depth)]),
  }),
);

/** The same gray in full range, as a PNG. */
async function inFullRange(args: readonly string[]): Promise<Buffer> {
  const avif = await encode(oddScene(), [...args, '-y', '400', '-r', 'full']);
  return convertFile('avifdec', [], avif, ['source.avif', 'target.png']);
}

async function encode(image: Sharp, args: readonly string[]): Promise<Buffer> {
  const png = await image.png().toBuffer();
  const options = ['--speed', '9', '--jobs', '1', '--min', '2', '--max', '2', '--minalpha', '0', '--maxalpha', '0'];
  return convertFile('avifenc', [...options, ...args], png, ['source.png', 'target.avif']);
}

export const avifencCombinations: readonly Combination[] = [...encoded, ...withAlpha, ...turned];
