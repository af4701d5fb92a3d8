import { casesOf, rejected } from './format-case.ts';
import { film, scene } from './scene.ts';

const lossy = () => scene().webp({ quality: 95 }).toBuffer();
const lossless = () => scene().webp({ lossless: true }).toBuffer();

export const webpCases = casesOf('WebP', 'webp', [
  ['lossy', 2, lossy],
  ['lossless', 1, lossless],
  ['alpha', 1, () => scene().ensureAlpha(1).webp({ lossless: true }).toBuffer()],
  ['Display P3', 2, () => scene().withIccProfile('p3').webp({ quality: 95 }).toBuffer()],
  ['animated: the first frame', 1, async () => (await film()).webp({ lossless: true }).toBuffer()],
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
