import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { seededRandom } from '../../shared/random/seeded-random.ts';

/** The contents of an IDX file. @param magic its fourth byte is the number of axes */
export function idxBytes(shape: readonly number[], data: Uint8Array, magic = 0x0800 + shape.length): Buffer {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head.writeUInt32BE(magic, 0);
  for (const [axis, size] of shape.entries()) head.writeUInt32BE(size, 4 + 4 * axis);
  return Buffer.concat([head, data]);
}

/**
 * Writes synthetic noisy images of 28×28 with a bright bar: upright is class 0, lying is class 1.
 * @param prefix of the file names, such as `train`
 */
export async function writeBars(folder: string, prefix: string, count: number, seed = 1): Promise<void> {
  const random = seededRandom(seed);
  const pixels = new Uint8Array(count * 784);
  const labels = Uint8Array.from({ length: count }, (_, index) => index % 2);
  for (const [index, label] of labels.entries()) {
    const at = 4 + Math.floor(random() * 20);
    for (let pixel = 0; pixel < 784; pixel += 1) {
      const line = label === 0 ? pixel % 28 : Math.floor(pixel / 28);
      pixels[index * 784 + pixel] = (Math.abs(line - at) <= 1 ? 180 : 20) + Math.floor(random() * 60);
    }
  }
  await writeFile(join(folder, `${prefix}-images-idx3-ubyte.gz`), gzipSync(idxBytes([count, 28, 28], pixels)));
  await writeFile(join(folder, `${prefix}-labels-idx1-ubyte`), idxBytes([count], labels));
}
