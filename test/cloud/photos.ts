import sharp from 'sharp';

/** A small JPEG of one of many colors. */
export function photo(index: number): Promise<Buffer> {
  const background = { r: (index * 37) % 256, g: (index * 101) % 256, b: (index * 197) % 256 };
  return sharp({ create: { width: 48, height: 36, channels: 3, background } })
    .jpeg()
    .toBuffer();
}

/** A photo whose second half is missing. */
export async function truncatedPhoto(index: number): Promise<Buffer> {
  const whole = await photo(index);
  return whole.subarray(0, whole.length / 2);
}
