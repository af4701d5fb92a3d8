import sharp from 'sharp';

/** A JPEG that takes several times as long to decode as its header predicts: every coefficient of every block is coded. */
export function noisyJpeg(side = 6000): Promise<Buffer> {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  return sharp({ create: { width: side, height: side, channels: 3, background: 'black', noise } })
    .jpeg({ quality: 100 })
    .toBuffer();
}
