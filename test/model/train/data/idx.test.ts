import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { findIdxFiles, readIdxImages } from '../../../../model/train/data/idx.ts';
import { idxBytes, writeBars } from '../../../support/idx.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});

const images = () => join(folder, 'train-images-idx3-ubyte');
const labels = () => join(folder, 'train-labels-idx1-ubyte');
const write = async (pixels: Buffer, classes: Buffer) => {
  await writeFile(images(), pixels);
  await writeFile(labels(), classes);
};
const twoImages = idxBytes([2, 1, 3], Uint8Array.of(1, 2, 3, 4, 5, 6));

describe('IDX files', () => {
  it('are found in a folder as training and test set, and read with or without gzip', async () => {
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

  it('are recognized as a test set by their names, and several sets are rejected', async () => {
    await writeBars(folder, 'qmnist-train', 4);
    await writeBars(folder, 'qmnist-test', 4);
    expect(await findIdxFiles(folder)).toEqual({
      train: join(folder, 'qmnist-train-images-idx3-ubyte.gz'),
      test: join(folder, 'qmnist-test-images-idx3-ubyte.gz'),
    });
    await writeBars(folder, 'other-train', 4);
    await expect(findIdxFiles(folder)).rejects.toThrow(
      /contains several data sets: other-train.*; give the path of one of these files/,
    );
  });

  it('are not found in a folder of photos, a missing folder or another file', async () => {
    await writeFile(join(folder, 'photo.jpg'), 'x');
    expect(await findIdxFiles(folder)).toBeUndefined();
    expect(await findIdxFiles(join(folder, 'none'))).toBeUndefined();
    expect(await findIdxFiles(join(folder, 'photo.jpg'))).toBeUndefined();
  });

  const bad: Record<string, [() => Promise<unknown>, RegExp]> = {
    'with another magic number': [
      () => write(idxBytes([2, 1, 3], Buffer.alloc(6), 0x0d03), idxBytes([2], Uint8Array.of(0, 1))),
      /is not an IDX file of bytes with 3 axes: expected it to begin with 0x00000803, received 0x00000d03/,
    ],
    'that are truncated': [
      () => write(twoImages.subarray(0, -1), idxBytes([2], Uint8Array.of(0, 1))),
      /is damaged: expected 2 × 1 × 3 bytes of data, received 5/,
    ],
    'that are empty': [
      () => write(Buffer.alloc(0), idxBytes([2], Uint8Array.of(0, 1))),
      /to begin with 0x00000803, received only 0 bytes/,
    ],
    'without images': [
      () => write(idxBytes([0, 1, 3], Buffer.alloc(0)), idxBytes([0], Buffer.alloc(0))),
      /train-images-idx3-ubyte is empty/,
    ],
    'with more labels than images': [
      () => write(twoImages, idxBytes([3], Uint8Array.of(0, 1, 0))),
      /has 2 images, but .* has 3 labels/,
    ],
    'with a label beyond the classes': [
      () => write(twoImages, idxBytes([2], Uint8Array.of(0, 7))),
      /image 1 has label 7, but the model has only labels 0 to 1/,
    ],
    'without labels': [
      () => writeFile(images(), twoImages),
      /the labels of .* are missing: put train-labels-idx1-ubyte in the same folder/,
    ],
  };
  it.each(Object.entries(bad))('%s are rejected', async (_, [prepare, message]) => {
    await prepare();
    await expect(readIdxImages(images(), 2)).rejects.toThrow(message);
  });

  it('that are not gzip files are rejected', async () => {
    await writeFile(`${images()}.gz`, gzipSync(twoImages).subarray(0, 12));
    await expect(readIdxImages(`${images()}.gz`, 2)).rejects.toThrow(
      /cannot be decompressed: it is damaged or not a gzip file/,
    );
  });
});
