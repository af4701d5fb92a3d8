import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { UserError } from '../../../shared/failures/user-error.ts';

/** Images of an IDX file with their labels: uint8 [count, height, width] and [count]. */
export interface IdxImages {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
}

const imageFile = /-images[-.]idx3-ubyte(\.gz)?$/;
/** Anywhere among the parts of the name: `emnist-letters-test-images-idx3-ubyte`. */
const testFile = /(^|-)(t10k|test)-/;
const unzip = promisify(gunzip);

/** Names of the image files that a place holds: a folder of them, or one file. */
export async function findIdxFiles(place: string): Promise<{ train: string; test: string | undefined } | undefined> {
  const stats = await stat(place).catch(() => undefined);
  if (stats?.isFile()) return imageFile.test(place) ? { train: place, test: undefined } : undefined;
  if (stats === undefined) return undefined;
  const names = (await readdir(place)).filter((name) => imageFile.test(name)).sort();
  const [test, otherTest] = names.filter((name) => testFile.test(name));
  const [train, otherTrain] = names.filter((name) => !testFile.test(name));
  if (otherTest !== undefined || otherTrain !== undefined) {
    throw new UserError(
      `expected one file of images in ${place}, and one for tests, got ${names.join(', ')}: name one of them`,
    );
  }
  if (train === undefined && test === undefined) return undefined;
  const whole = (name: string) => join(place, name);
  // A folder that only holds a test set is a set like any other, as when a model is tested on it.
  if (train === undefined) return { train: whole(test ?? ''), test: undefined };
  return { train: whole(train), test: test === undefined ? undefined : whole(test) };
}

/**
 * Reads images and the labels beside them, in the format of LeCun's MNIST database, zipped or not.
 * @param classes how many labels there are
 * @throws {UserError} when a file is missing or no such file, or when a label is not below `classes`
 */
export async function readIdxImages(path: string, classes: number): Promise<IdxImages> {
  const images = await readIdx(path, 3);
  const own = basename(path).replace(/-images([-.])idx3-/, '-labels$1idx1-');
  const other = own.endsWith('.gz') ? own.slice(0, -3) : `${own}.gz`;
  const names = await readdir(dirname(path));
  const name = [own, other].find((candidate) => names.includes(candidate));
  if (name === undefined) throw new UserError(`expected the labels of ${path} in ${own} beside it, found none`);
  const file = join(dirname(path), name);
  const labels = await readIdx(file, 1);
  const [count = 0, height = 0, width = 0] = images.shape;
  if (labels.shape[0] !== count) {
    throw new UserError(`${path} holds ${count} images, but ${file} ${labels.shape[0]} labels: expected as many`);
  }
  const outside = labels.data.findIndex((label) => label >= classes);
  if (outside >= 0) {
    const got = labels.data[outside];
    throw new UserError(`expected labels from 0 to ${classes - 1} in ${file}, got ${got} of image ${outside}`);
  }
  return { count, height, width, pixels: images.data, labels: labels.data };
}

/** The magic number is two zeros, the type (8: bytes) and how many axes there are, whose lengths follow, big-endian. */
async function readIdx(path: string, axes: number): Promise<{ shape: readonly number[]; data: Uint8Array }> {
  const bytes = await readUnzipped(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 4 + 4 * axes;
  const magic = bytes.length >= 4 ? view.getUint32(0) : undefined;
  if (magic !== 0x0800 + axes || bytes.length < start) {
    const got = magic === undefined ? `${bytes.length} bytes` : `0x${magic.toString(16).padStart(8, '0')}`;
    throw new UserError(
      `expected ${path} to begin with 0x${(0x0800 + axes).toString(16).padStart(8, '0')}, as IDX files of ${axes} axes of bytes do, got ${got}`,
    );
  }
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  const expected = shape.reduce((product, size) => product * size, 1);
  const data = bytes.subarray(start);
  if (data.length !== expected) {
    throw new UserError(
      `${path} says that it holds ${shape.join(' × ')} bytes, and holds ${data.length}: it is damaged`,
    );
  }
  if (expected === 0) throw new UserError(`${path} holds nothing: expected at least one`);
  return { shape, data };
}

async function readUnzipped(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new UserError(`${path} cannot be read`, { cause });
  });
  if (!path.endsWith('.gz')) return bytes;
  return unzip(bytes).catch((cause: unknown) => {
    throw new UserError(`${path} cannot be unzipped: it is damaged, or no gzip file`, { cause });
  });
}
