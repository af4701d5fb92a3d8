import { deflateSync } from 'node:zlib';
import { hugePng } from '../huge-png.ts';
import { exif } from './exif.ts';
import { casesOf, half, rejected } from './format-case.ts';
import { asPng, fade, grayPixels, onWhite } from './opacity.ts';
import { animated, chunk, pngFile, withChunks } from './png-file.ts';
import { height, otherScene, pixels, scene, width } from './scene.ts';

const png = () => scene().png().toBuffer();
const size = { width, height };
/** Stripes of 16 pixels in two colors, the first one a byte of ones. */
const stripes = Array.from({ length: height }, () =>
  Buffer.from(Array.from({ length: width / 8 }, (_, x) => (x & 2 ? 0 : 0xff))),
);

export const pngCases = casesOf('PNG', 'png', [
  ['RGB, 8 bits', 0, png],
  ['RGB, 16 bits', 1, () => scene().toColourspace('rgb16').png().toBuffer()],
  ['RGB, 16 bits, Display P3', 1, () => scene().toColourspace('rgb16').withIccProfile('p3').png().toBuffer()],
  ['Display P3', 1, () => scene().withIccProfile('p3').png().toBuffer()],
  ['interlaced', 0, () => scene().png({ progressive: true }).toBuffer()],
  ['256-color palette', 4, () => scene().png({ palette: true }).toBuffer()],
  ['palette with a transparent color (tRNS)', 1, paletteWithClearColor, () => striped([40, 120, 200], [255, 255, 255])],
  [
    'gray',
    1,
    () => scene().greyscale().toColourspace('b-w').png().toBuffer(),
    () => scene().greyscale().png().toBuffer(),
  ],
  ['gray, 1 bit', 0, () => pngFile({ ...size, bits: 1, color: 0 }, stripes), () => striped([255, 255, 255], [0, 0, 0])],
  [
    'gray and alpha',
    1,
    () => scene().greyscale().ensureAlpha(0.5).toColourspace('b-w').png().toBuffer(),
    async () => onWhite(await grayPixels(), () => 128),
  ],
  ['RGB and alpha, fading from left to right', 2, fadedPng, async () => onWhite(pixels, fade)],
  [
    'animated (APNG): the first frame',
    0,
    async () => animated(await png(), await otherScene().png().toBuffer(), { ...size, bits: 8, color: 2 }),
  ],
  ['EXIF before the pixels: turned upright', 0, () => upsideDown('before')],
  ['EXIF behind the pixels: turned upright', 0, () => upsideDown('behind')],
  ['EXIF before and behind the pixels: the first counts', 0, () => upsideDown('before', 1)],
  ['100 MB of text in a chunk', 0, async () => withChunks(await png(), [chunk('zTXt', bomb)])],
  ['a 100 MB profile', 0, async () => withChunks(await png(), [chunk('iCCP', bomb)])],
  ['without its end (IEND)', 0, async () => (await scene().png().toBuffer()).subarray(0, -12)],
  [
    'half a file',
    rejected('truncated', 'the image/png file ends early, after 300 bytes'),
    () => half(pngFile({ ...size, bits: 8, color: 2 }, rows()).subarray(0, 600)),
  ],
  [
    'header declares 30,000 × 30,000',
    rejected('too_many_pixels', '30000×30000 = 900000000 pixels are over the limit of 268435456: save a smaller image'),
    () => hugePng(30_000, 30_000),
  ],
  [
    'header declares 16,000 × 16,000, few bytes',
    rejected('corrupt', 'the image/png file of 74 bytes cannot be decoded'),
    () => hugePng(16_000, 16_000),
  ],
]);

/** A keyword, the compression method, and data that inflates a thousandfold. */
const bomb = Buffer.concat([Buffer.from('a\0\0'), deflateSync(Buffer.alloc(100e6))]);

function rows(): Uint8Array[] {
  return Array.from({ length: height }, (_, y) => pixels.subarray(y * width * 3, (y + 1) * width * 3));
}

function paletteWithClearColor(): Buffer {
  const colors = chunk('PLTE', Buffer.from([90, 0, 0, 40, 120, 200]));
  return pngFile({ ...size, bits: 1, color: 3 }, stripes, [colors, chunk('tRNS', Buffer.from([0]))]);
}

function striped(ones: readonly number[], zeros: readonly number[]): Promise<Buffer> {
  const colors = Array.from({ length: width * height }, (_, index) => ((index % width) & 16 ? zeros : ones));
  return asPng(Uint8Array.from(colors.flat()));
}

function fadedPng(): Buffer {
  const faded = rows().map((row) =>
    Uint8Array.from({ length: width * 4 }, (_, index) =>
      index % 4 === 3 ? fade(index >> 2) : (row[(index >> 2) * 3 + (index % 4)] ?? 0),
    ),
  );
  return pngFile({ ...size, bits: 8, color: 6 }, faded);
}

/** The scene stored upside down, with EXIF that says so, and perhaps other EXIF behind the pixels. */
async function upsideDown(place: 'before' | 'behind', orientationBehind?: number): Promise<Buffer> {
  const stored = await scene().rotate(180).png().toBuffer();
  const orientation = (value: number) => chunk('eXIf', exif(value));
  const first = place === 'before' ? withChunks(stored, [orientation(3)]) : behindPixels(stored, orientation(3));
  return orientationBehind === undefined ? first : behindPixels(first, orientation(orientationBehind));
}

function behindPixels(png: Buffer, chunk: Buffer): Buffer {
  return Buffer.concat([png.subarray(0, -endChunkBytes), chunk, png.subarray(-endChunkBytes)]);
}

const endChunkBytes = 12;
