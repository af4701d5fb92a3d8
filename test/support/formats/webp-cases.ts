import { casesOf, refused } from './format-case.ts';
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
    refused('truncated', 'the image/webp ends early, after 100 bytes'),
    async () => (await lossy()).subarray(0, 100),
  ],
  [
    'a header of 16,383 × 16,383 over a small image',
    refused('corrupt', 'the image/webp of 400 bytes cannot be decoded'),
    async () => padded(largest(await lossless()), 400),
  ],
]);

/** A lossless WebP whose header says the largest size there is: 14 bits each, less one. */
export function largest(webp: Buffer): Buffer {
  const bytes = Buffer.from(webp);
  bytes.writeUInt32LE((0x3ffe | (0x3ffe << 14)) >>> 0, 21);
  return bytes;
}

function padded(bytes: Buffer, length: number): Buffer {
  return Buffer.concat([bytes], length);
}
