import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { picture } from '../../support/photos.ts';

/** An object to classify, and the reason for which it must be rejected; undefined for a sound picture. */
export interface TestImage {
  readonly key: string;
  readonly bytes: Uint8Array;
  readonly reason: string | undefined;
}

/** Pictures of a few kilobytes; every tenth one cannot be classified. */
export async function makeImages(count: number): Promise<TestImage[]> {
  return Promise.all(Array.from({ length: count }, (_, number) => makeImage(number)));
}

/** Writes such pictures to a new folder. */
export async function writeImages(folder: string, count: number): Promise<TestImage[]> {
  await mkdir(folder, { recursive: true });
  const images = await makeImages(count);
  for (const { key, bytes } of images) await writeFile(join(folder, key), bytes);
  return images;
}

async function makeImage(number: number): Promise<TestImage> {
  const name = String(number).padStart(5, '0');
  // The number makes every object different.
  const jpeg = async () =>
    picture(number, { width: 40 + (number % 25), height: 40 })
      .withExif({ IFD0: { ImageDescription: name } })
      .jpeg()
      .toBuffer();
  switch (number % 40) {
    case 9:
      return { key: `${name}.txt`, bytes: Buffer.from(`text ${name}`), reason: 'not_an_image' };
    case 19: {
      const whole = await jpeg();
      return { key: `${name}-half.jpg`, bytes: whole.subarray(0, whole.byteLength - 200), reason: 'truncated' };
    }
    case 29:
      return { key: `${name}-empty.jpg`, bytes: new Uint8Array(), reason: 'empty' };
    case 39:
      return { key: `${name}.bmp`, bytes: Buffer.from(`BM${'\0'.repeat(60)}${name}`), reason: 'unsupported_format' };
    default:
      return { key: `${name} +ü.jpg`, bytes: await jpeg(), reason: undefined };
  }
}
