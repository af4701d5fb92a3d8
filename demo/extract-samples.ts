/**
 * Writes the first 20 test images of each Fashion-MNIST class as lossless grayscale PNG files.
 *
 *     node demo/extract-samples.ts [/usr/share/datasets/fashion-mnist [demo/fashion-mnist/samples]]
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { readLabels } from '../model/import/labels.ts';
import { readIdxImages } from '../model/train/data/idx.ts';

const perClass = 20;
const [source = '/usr/share/datasets/fashion-mnist', target = 'demo/fashion-mnist/samples'] = process.argv.slice(2);

const labels = await readLabels('demo/fashion-mnist/labels.txt');
const images = await readIdxImages(join(source, 't10k-images-idx3-ubyte.gz'), labels.length);
const { width, height, pixels } = images;
for (const [label, { id }] of labels.entries()) {
  await mkdir(join(target, id), { recursive: true });
  const ofClass = [...images.labels.keys()].filter((index) => images.labels[index] === label);
  for (const index of ofClass.slice(0, perClass)) {
    const image = pixels.subarray(index * width * height, (index + 1) * width * height);
    const raw = { width, height, channels: 1 } as const;
    const file = join(target, id, `t10k-${String(index).padStart(5, '0')}.png`);
    await writeFile(file, await sharp(image, { raw }).toColourspace('b-w').png({ compressionLevel: 9 }).toBuffer());
  }
}
