import sharp from 'sharp';

/** A GIF frame whose codes stand for ever longer runs of one color. */
export function flatGif(side: number): Buffer {
  const head = Buffer.alloc(13 + 6 + 10 + 1);
  head.write('GIF89a', 0, 'latin1');
  head.writeUInt16LE(side, 6);
  head.writeUInt16LE(side, 8);
  head[10] = 0x80;
  head.set([255, 255, 255], 16);
  head[19] = 0x2c;
  head.writeUInt16LE(side, 24);
  head.writeUInt16LE(side, 26);
  head[29] = 2; // bits of a color
  const codes = runCodes(side * side);
  const blocks: Buffer[] = [];
  for (let at = 0; at < codes.length; at += 255) {
    const block = codes.subarray(at, at + 255);
    blocks.push(Buffer.from([block.length]), block);
  }
  return Buffer.concat([head, ...blocks, Buffer.from([0, 0x3b])]);
}

/** LZW codes of 2-bit colors for a run of zeros: each new code is one longer, up to 12 bits; then the last one repeats. */
function runCodes(pixels: number): Buffer {
  const bytes: number[] = [];
  let buffer = 0;
  let bits = 0;
  const write = (code: number, width: number) => {
    buffer |= code << bits;
    bits += width;
    for (; bits >= 8; bits -= 8, buffer >>>= 8) bytes.push(buffer & 255);
  };
  const [clear, end] = [4, 5];
  let width = 3;
  write(clear, width);
  write(0, width);
  let left = pixels - 1;
  let next = 6;
  for (let length = 2; left > 0; ) {
    write(next, width);
    left -= length;
    if (next < 4095) {
      next += 1;
      length += 1;
      if (next === 2 ** width && width < 12) width += 1;
    }
  }
  write(end, width);
  bytes.push(buffer & 255);
  return Buffer.from(bytes);
}

/** Small frames, all of which a decoder has to find before the first one is shown. */
export function manyFrames(bytes: number): Buffer {
  const one = flatGif(1);
  const frame = one.subarray(19, -1);
  const count = Math.floor((bytes - 20) / frame.length);
  const head = Buffer.from(one.subarray(0, 19));
  head.writeUInt16LE(4096, 6);
  head.writeUInt16LE(4096, 8);
  return Buffer.concat([head, ...Array.from({ length: count }, () => frame), Buffer.from([0x3b])]);
}

/** The codes of one color need no bits: the fewest bytes of any picture. */
export function flatWebp(side: number): Promise<Buffer> {
  return sharp({ create: { width: side, height: side, channels: 3, background: '#888' }, limitInputPixels: false })
    .webp({ lossless: true, effort: 0 })
    .toBuffer();
}

/** Lossy, with as little detail as possible. */
export function smoothWebp(side: number): Promise<Buffer> {
  return sharp({ create: { width: side, height: side, channels: 4, background: '#88888880' }, limitInputPixels: false })
    .webp({ quality: 1, alphaQuality: 100, effort: 0 })
    .toBuffer();
}

/** Noise, which costs the most for its pixels. */
export async function noisy(side: number, format: 'webp' | 'avif' | 'jpeg', quality: number): Promise<Buffer> {
  const noise = { type: 'gaussian', mean: 128, sigma: 60 } as const;
  const image = sharp({
    create: { width: side, height: side, channels: 3, background: '#888', noise },
    limitInputPixels: false,
  });
  if (format === 'webp') return image.webp({ quality, effort: 0 }).toBuffer();
  if (format === 'avif') return image.avif({ quality, effort: 0 }).toBuffer();
  return image.jpeg({ quality }).toBuffer();
}

export function flatAvif(side: number, bitdepth: 8 | 12 = 8): Promise<Buffer> {
  return sharp({ create: { width: side, height: side, channels: 3, background: '#888' }, limitInputPixels: false })
    .avif({ quality: 1, effort: 0, bitdepth })
    .toBuffer();
}
