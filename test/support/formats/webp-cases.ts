import { casesOf, rejected } from './format-case.ts';
import { film, height, scene, width } from './scene.ts';

const lossy = () => scene().webp({ quality: 95 }).toBuffer();
const lossless = () => scene().webp({ lossless: true }).toBuffer();

export const webpCases = casesOf('WebP', 'webp', [
  ['lossy', 2, lossy],
  ['lossless', 1, lossless],
  ['alpha', 1, () => scene().ensureAlpha(1).webp({ lossless: true }).toBuffer()],
  ['Display P3', 2, () => scene().withIccProfile('p3').webp({ quality: 95 }).toBuffer()],
  ['animated: the first frame', 1, async () => (await film()).webp({ lossless: true }).toBuffer()],
  ['animated, the first frame smaller than its canvas', 1, placedFilm, onCanvas],
  [
    'half a file',
    rejected('truncated', 'the image/webp file ends early, after 100 bytes'),
    async () => (await lossy()).subarray(0, 100),
  ],
  [
    'header declares 16,383 × 16,383, pixels of a small image',
    rejected('corrupt', 'the image/webp file of 400 bytes cannot be decoded'),
    async () => padded(largest(await lossless()), 400),
  ],
]);

/** A lossless WebP whose header declares the maximum size, 14 bits each. */
export function largest(webp: Buffer): Buffer {
  const bytes = Buffer.from(webp);
  bytes.writeUInt32LE((0x3ffe | (0x3ffe << 14)) >>> 0, 21);
  return bytes;
}

function padded(bytes: Buffer, length: number): Buffer {
  return Buffer.concat([bytes], length);
}

const place = { left: 32, top: 16 };

/** An animation with a canvas that is larger than its first frame. */
async function placedFilm(): Promise<Buffer> {
  const bytes = await (await film()).webp({ lossless: true }).toBuffer();
  const [canvasAt, frameAt] = [bytes.indexOf('VP8X') + 12, bytes.indexOf('ANMF') + 8];
  bytes.writeUIntLE(width + place.left - 1, canvasAt, 3);
  bytes.writeUIntLE(height + place.top - 1, canvasAt + 3, 3);
  bytes.writeUIntLE(place.left / 2, frameAt, 3);
  bytes.writeUIntLE(place.top / 2, frameAt + 3, 3);
  return bytes;
}

function onCanvas(): Promise<Buffer> {
  return scene()
    .extend({ ...place, background: 'white' })
    .png()
    .toBuffer();
}
