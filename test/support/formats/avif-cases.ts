import { casesOf, rejected } from './format-case.ts';
import { scene } from './scene.ts';

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
