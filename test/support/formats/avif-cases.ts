import {
  identityStudioAvif,
  monochromeFullAvif,
  monochromeStudio10Avif,
  monochromeStudioAlphaAvif,
  monochromeStudioAvif,
  premultipliedAvif,
  studioAvif,
  turnedTilesAvif,
} from './encoded-avif.ts';
import { casesOf, rejected } from './format-case.ts';
import { fade, grayPixels, onWhite } from './opacity.ts';
import { pixels, scene } from './scene.ts';

const gray = () => scene().greyscale().png().toBuffer();
const grayOnWhite = async () => onWhite(await grayPixels(), fade);

const avif = (options: Parameters<ReturnType<typeof scene>['avif']>[0] = {}) =>
  scene()
    .avif({ quality: 90, effort: 0, ...options })
    .toBuffer();

export const avifCases = casesOf('AVIF', 'avif', [
  ['8 bits', 2, () => avif()],
  ['8 bits, no chroma subsampling', 1, () => avif({ chromaSubsampling: '4:4:4' })],
  ['10 bits', 2, () => avif({ bitdepth: 10 })],
  ['12 bits', 2, () => avif({ bitdepth: 12 })],
  ['lossless', 1, () => avif({ lossless: true })],
  ['alpha', 2, () => scene().ensureAlpha(1).avif({ quality: 90, effort: 0 }).toBuffer()],
  ['Display P3', 2, () => scene().withIccProfile('p3').avif({ quality: 90, effort: 0 }).toBuffer()],
  [
    '10 bits, Display P3',
    2,
    () => scene().withIccProfile('p3').avif({ quality: 90, effort: 0, bitdepth: 10 }).toBuffer(),
  ],
  ['the generic brand (mif1) before its own', 2, async () => withBrand(await avif(), 'mif1')],
  ['10 bits, studio range', 2, () => studioAvif],
  ['monochrome, full range', 2, () => monochromeFullAvif, gray],
  ['monochrome, studio range', 2, () => monochromeStudioAvif, gray],
  ['monochrome, studio range, 10 bits', 2, () => monochromeStudio10Avif, gray],
  ['monochrome, studio range, alpha', 2, () => monochromeStudioAlphaAvif, grayOnWhite],
  ['premultiplied alpha', 2, () => premultipliedAvif, async () => onWhite(pixels, fade)],
  ['sequence (avis): the primary image', 2, async () => sequence(await avif())],
  ['another brand (MA1B) before its own', 2, async () => withBrand(await avif(), 'MA1B')],
  [
    'sequence (avis) without a still image',
    rejected('unsupported_format', 'an AVIF sequence without a still image: save its first frame as AVIF'),
    async () => sequence((await avif()).fill('free', metaAt, metaAt + 4)),
  ],
  [
    'monochrome, without a color description (nclx)',
    rejected(
      'unsupported_format',
      'a monochrome AVIF without a color description (nclx): save it in color or with a description',
    ),
    () => withoutDescription(monochromeStudioAvif),
  ],
  [
    'RGB without conversion, studio range',
    rejected('unsupported_format', 'an AVIF with matrix coefficients 0 in studio range: save it as BT.601 or BT.709'),
    () => identityStudioAvif,
  ],
  [
    'grid of turned tiles',
    rejected('unsupported_format', 'an AVIF grid of turned or mirrored tiles: turn the pixels instead'),
    () => turnedTilesAvif,
  ],
  [
    'half a file',
    rejected('truncated', 'the image/avif file ends early, after 400 bytes'),
    async () => (await avif()).subarray(0, 400),
  ],
  [
    'header declares 30,000 × 30,000',
    rejected('too_many_pixels', '30000×30000 = 900000000 pixels are over the limit of 268435456: save a smaller image'),
    async () => withSize(await avif(), 30_000),
  ],
]);

function withBrand(avif: Buffer, brand: string): Buffer {
  return Buffer.concat([avif.subarray(0, 8), Buffer.from(brand, 'latin1'), avif.subarray(12)]);
}

/** Changes the size in the properties. */
function withSize(avif: Buffer, side: number): Buffer {
  const bytes = Buffer.from(avif);
  const at = bytes.indexOf('ispe') + 8;
  bytes.writeUInt32BE(side, at);
  bytes.writeUInt32BE(side, at + 4);
  return bytes;
}

/** Offset of the type of the box after the brands, which describes the image. */
const metaAt = 32;

/** The brand of sequences, and a box for tracks at the end. */
function sequence(avif: Buffer): Buffer {
  return Buffer.concat([withBrand(avif, 'avis'), Buffer.from('\0\0\0\x08moov', 'latin1')]);
}

function withoutDescription(avif: Buffer): Buffer {
  const bytes = Buffer.from(avif);
  bytes.write('free', bytes.indexOf('colrnclx'), 'latin1');
  return bytes;
}
