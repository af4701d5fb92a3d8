import sharp from 'sharp';

/** Where JPEG stores the coefficient of this many half waves across a block (ITU-T T.81, figure A.6). */
const zigzag = { 1: 1, 2: 5, 4: 14 } as const;
const level = 200;
const amplitude = 20;
const overdrive = 10;

/**
 * A gray JPEG of level 200 with one wave across each block of 8 pixels. Its quantization table is changed afterwards, so that
 * the wave exceeds white: a decoder cuts it off there, and the mean of the pixels falls below 200. One that averages pixels
 * before gives 200.
 * @param halfWaves averages of 2 pixels have no wave of 4, averages of 4 pixels none of 2, and those of 8 none of 1
 */
export async function overdrivenJpeg(width: number, height: number, halfWaves: keyof typeof zigzag): Promise<Buffer> {
  const row = Uint8Array.from({ length: width }, (_, x) =>
    Math.round(level + amplitude * Math.cos(((2 * x + 1) * halfWaves * Math.PI) / 16)),
  );
  const pixels = Buffer.concat(Array.from({ length: height }, () => row));
  const jpeg = await sharp(pixels, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .jpeg({ quality: 100 })
    .toBuffer();
  // Marker, length, and the number of the table precede its 64 divisors.
  const at = jpeg.indexOf(Buffer.from([0xff, 0xdb])) + 5 + zigzag[halfWaves];
  if (jpeg[at] !== 1) throw new Error(`expected a divisor of 1 at quality 100, got ${jpeg[at]}`);
  jpeg[at] = overdrive;
  return jpeg;
}

/** Whether the decoder averaged the wave away. @param pixels of a decoded `overdrivenJpeg` */
export function isWithoutWave(pixels: Uint8Array): boolean {
  const mean = pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
  return Math.abs(mean - level) < 3;
}
