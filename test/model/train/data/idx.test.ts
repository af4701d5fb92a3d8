import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findIdxFiles, readIdxImages } from '../../../../model/train/data/idx.ts';
import { idxBytes, writeBars } from '../../../support/idx.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'idx-'));
});
afterEach(() => rm(folder, { recursive: true }));

const images = () => join(folder, 'train-images-idx3-ubyte');
const labels = () => join(folder, 'train-labels-idx1-ubyte');
const write = async (pixels: Buffer, classes: Buffer) => {
  await writeFile(images(), pixels);
  await writeFile(labels(), classes);
};
const twoImages = idxBytes([2, 1, 3], Uint8Array.of(1, 2, 3, 4, 5, 6));

describe('IDX files', () => {
  it('are found in a folder, training and test apart, and are read zipped or not', async () => {
    await writeBars(folder, 'train', 6);
    await writeBars(folder, 't10k', 4);
    const files = await findIdxFiles(folder);
    expect(files).toEqual({
      train: join(folder, 'train-images-idx3-ubyte.gz'),
      test: join(folder, 't10k-images-idx3-ubyte.gz'),
    });
    const read = await readIdxImages(files?.train ?? '', 2);
    expect({ ...read, pixels: read.pixels.length }).toEqual({
      count: 6,
      height: 28,
      width: 28,
      pixels: 6 * 784,
      labels: Buffer.from([0, 1, 0, 1, 0, 1]),
    });
  });

  it('are told apart wherever their names say test, and are not guessed at where there are several', async () => {
    await writeBars(folder, 'qmnist-train', 4);
    await writeBars(folder, 'qmnist-test', 4);
    expect(await findIdxFiles(folder)).toEqual({
      train: join(folder, 'qmnist-train-images-idx3-ubyte.gz'),
      test: join(folder, 'qmnist-test-images-idx3-ubyte.gz'),
    });
    await writeBars(folder, 'other-train', 4);
    await expect(findIdxFiles(folder)).rejects.toThrow(
      /^expected one file of images in .*, and one for tests, got other-train/,
    );
  });

  it('are none in a folder of photos, a missing folder or another file', async () => {
    await writeFile(join(folder, 'photo.jpg'), 'x');
    expect(await findIdxFiles(folder)).toBeUndefined();
    expect(await findIdxFiles(join(folder, 'none'))).toBeUndefined();
    expect(await findIdxFiles(join(folder, 'photo.jpg'))).toBeUndefined();
  });

  const bad: Record<string, [() => Promise<unknown>, RegExp]> = {
    'that begin with another number': [
      () => write(idxBytes([2, 1, 3], Buffer.alloc(6), 0x0d03), idxBytes([2], Uint8Array.of(0, 1))),
      /expected .* to begin with 0x00000803, as IDX files of 3 axes of bytes do, got 0x00000d03/,
    ],
    'that are cut off': [
      () => write(twoImages.subarray(0, -1), idxBytes([2], Uint8Array.of(0, 1))),
      /says that it holds 2 × 1 × 3 bytes, and holds 5: it is damaged/,
    ],
    'that are empty': [
      () => write(Buffer.alloc(0), idxBytes([2], Uint8Array.of(0, 1))),
      /to begin with 0x00000803.*got 0 bytes/,
    ],
    'that hold nothing': [
      () => write(idxBytes([0, 1, 3], Buffer.alloc(0)), idxBytes([0], Buffer.alloc(0))),
      /holds nothing: expected at least one/,
    ],
    'with more labels than images': [
      () => write(twoImages, idxBytes([3], Uint8Array.of(0, 1, 0))),
      /holds 2 images, but .* 3 labels: expected as many/,
    ],
    'with a label beyond the last': [
      () => write(twoImages, idxBytes([2], Uint8Array.of(0, 7))),
      /expected labels from 0 to 1 in .*, got 7 of image 1/,
    ],
    'without labels': [
      () => writeFile(images(), twoImages),
      /expected the labels of .* in train-labels-idx1-ubyte beside it, found none/,
    ],
  };
  it.each(Object.entries(bad))('%s are refused in one line', async (_, [prepare, message]) => {
    await prepare();
    await expect(readIdxImages(images(), 2)).rejects.toThrow(message);
  });

  it('that are no gzip are refused in one line', async () => {
    await writeFile(`${images()}.gz`, gzipSync(twoImages).subarray(0, 12));
    await expect(readIdxImages(`${images()}.gz`, 2)).rejects.toThrow(
      /cannot be unzipped: it is damaged, or no gzip file/,
    );
  });
});
