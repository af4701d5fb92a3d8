import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';

/** A small picture that is different for each number: a patch of one color on a background of another. */
export function picture(number: number, { width = 64, height = 48 } = {}): Sharp {
  const shade = (step: number) => (number * step + 40) % 256;
  const ground = [shade(47), shade(89), shade(131)];
  const patch = [shade(151), shade(23), shade(67)];
  const left = (number * 7) % Math.ceil(width / 2);
  const top = (number * 5) % Math.ceil(height / 2);
  const isPatch = (x: number, y: number) => x >= left && x < left + width / 3 && y >= top && y < top + height / 3;
  const pixels = Array.from({ length: width * height }, (_, index) =>
    isPatch(index % width, Math.floor(index / width)) ? patch : ground,
  );
  return sharp(Uint8Array.from(pixels.flat()), { raw: { width, height, channels: 3 } });
}

/** Creates a folder with pictures `photo-000.jpg`, `photo-001.jpg`, … and returns their names. */
export async function writePhotos(folder: string, count: number): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const names = Array.from({ length: count }, (_, number) => `photo-${String(number).padStart(3, '0')}.jpg`);
  for (const [number, name] of names.entries()) {
    await writeFile(join(folder, name), await picture(number).jpeg({ quality: 90 }).toBuffer());
  }
  return names;
}
