import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { UserError } from '../../../shared/failures/user-error.ts';

/** Images of an IDX file with their labels. */
export interface IdxImages {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** [count, height, width]. */
  readonly pixels: Uint8Array;
  /** [count]. */
  readonly labels: Uint8Array;
}

const imageFile = /-images[-.]idx3-ubyte(\.gz)?$/;
/** Anywhere in the name: `emnist-letters-test-images-idx3-ubyte`. */
const testFile = /(^|-)(t10k|test)-/;
const unzip = promisify(gunzip);

/**
 * Finds the image files in a folder, or a single image file.
 * @throws {UserError} when the folder has several training or test sets
 */
export async function findIdxFiles(path: string): Promise<{ train: string; test: string | undefined } | undefined> {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isFile()) return imageFile.test(path) ? { train: path, test: undefined } : undefined;
  if (stats === undefined) return undefined;
  const names = (await readdir(path)).filter((name) => imageFile.test(name)).sort();
  const [test, otherTest] = names.filter((name) => testFile.test(name));
  const [train, otherTrain] = names.filter((name) => !testFile.test(name));
  if (otherTest !== undefined || otherTrain !== undefined) {
    throw new UserError(`${path} contains several data sets: ${names.join(', ')}; give the path of one of these files`);
  }
  if (train === undefined && test === undefined) return undefined;
  // A folder with only a test set is a separate data set, which `--test` can name.
  if (train === undefined) return { train: join(path, test ?? ''), test: undefined };
  return { train: join(path, train), test: test === undefined ? undefined : join(path, test) };
}

/**
 * Reads images and their labels in the format of LeCun's MNIST database, with or without gzip.
 * @param classes number of labels
 * @throws {UserError} when a file is missing or damaged, or a label is not below `classes`
 */
export async function readIdxImages(path: string, classes: number): Promise<IdxImages> {
  const images = await readIdx(path, 3);
  const labelFile = basename(path).replace(/-images([-.])idx3-/, '-labels$1idx1-');
  const alternative = labelFile.endsWith('.gz') ? labelFile.slice(0, -3) : `${labelFile}.gz`;
  const names = await readdir(dirname(path));
  const name = [labelFile, alternative].find((candidate) => names.includes(candidate));
  if (name === undefined) throw new UserError(`the labels of ${path} are missing: put ${labelFile} in the same folder`);
  const file = join(dirname(path), name);
  const labels = await readIdx(file, 1);
  const [count = 0, height = 0, width = 0] = images.shape;
  if (labels.shape[0] !== count) {
    throw new UserError(`${path} has ${count} images, but ${file} has ${labels.shape[0]} labels`);
  }
  const outside = labels.data.findIndex((label) => label >= classes);
  if (outside >= 0) {
    throw new UserError(
      `${file}: image ${outside} has label ${labels.data[outside]}, but the model has only labels 0 to ${classes - 1}`,
    );
  }
  return { count, height, width, pixels: images.data, labels: labels.data };
}

/** The magic number is two zero bytes, the type (8: bytes) and the number of axes; their big-endian lengths follow. */
async function readIdx(path: string, axes: number): Promise<{ shape: readonly number[]; data: Uint8Array }> {
  const bytes = await readUnzipped(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 4 + 4 * axes;
  const magic = bytes.length >= 4 ? view.getUint32(0) : undefined;
  if (magic !== 0x0800 + axes || bytes.length < start) {
    const hex = (value: number) => `0x${value.toString(16).padStart(8, '0')}`;
    const received = magic === undefined ? `only ${bytes.length} bytes` : hex(magic);
    throw new UserError(
      `${path} is not an IDX file of bytes with ${axes} axes: expected it to begin with ${hex(0x0800 + axes)}, received ${received}`,
    );
  }
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  const expected = shape.reduce((product, size) => product * size, 1);
  const data = bytes.subarray(start);
  if (data.length !== expected) {
    throw new UserError(`${path} is damaged: expected ${shape.join(' × ')} bytes of data, received ${data.length}`);
  }
  if (expected === 0) throw new UserError(`${path} is empty`);
  return { shape, data };
}

async function readUnzipped(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new UserError(`${path} cannot be read`, { cause });
  });
  if (!path.endsWith('.gz')) return bytes;
  return unzip(bytes).catch((cause: unknown) => {
    throw new UserError(`${path} cannot be decompressed: it is damaged or not a gzip file`, { cause });
  });
}
