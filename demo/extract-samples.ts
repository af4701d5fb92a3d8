/** Writes the first 20 test images of each class of Fashion-MNIST, in the order of the file, as lossless PNG files. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { readLabels } from '../model/import/labels.ts';
import { readIdxImages } from '../model/train/data/idx.ts';

const perClass = 20;
const [source = '/usr/share/datasets/fashion-mnist', target = 'samples/fashion-mnist'] = process.argv.slice(2);

const labels = await readLabels('models/fashion-mnist/labels.txt');
const images = await readIdxImages(join(source, 't10k-images-idx3-ubyte.gz'), labels.length);
const { width, height, pixels } = images;
for (const [label, { id }] of labels.entries()) {
  const own = [...images.labels.keys()].filter((index) => images.labels[index] === label).slice(0, perClass);
  await mkdir(join(target, id), { recursive: true });
  for (const index of own) {
    const image = pixels.subarray(index * width * height, (index + 1) * width * height);
    const file = await sharp(image, { raw: { width, height, channels: 1 } })
      .png({ compressionLevel: 9, palette: false })
      .toBuffer();
    await writeFile(join(target, id, `t10k-${String(index).padStart(5, '0')}.png`), file);
  }
}
