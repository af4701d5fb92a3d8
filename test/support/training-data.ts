import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { buildModel } from '../../model/networks/build-model.ts';
import { writeBars } from './idx.ts';

/** Options of a short training. */
export const quick = ['--epochs', '1', '--batch', '8', '--workers', '1', '--area', '0.8'];

/** Writes IDX files of 80 images to train on and 20 to test, below `bars`, and an untrained network for them, `lenet`. */
export async function writeBarsAndNetwork(folder: string): Promise<void> {
  const [bars, labels] = [join(folder, 'bars'), join(folder, 'labels.txt')];
  await mkdir(bars);
  await writeBars(bars, 'train', 80);
  await writeBars(bars, 't10k', 20, 2);
  await writeFile(labels, 'upright an upright bar\nlying a lying bar\n');
  await buildModel({ network: 'lenet5', labels, out: join(folder, 'lenet') });
}

/** Writes folders of 6 images each of red, blue and green, below `colors`. */
export async function writeColors(folder: string): Promise<void> {
  for (const [label, color] of Object.entries({ red: '#d02020', blue: '#2020d0', green: '#20d020' })) {
    const labeled = join(folder, 'colors', label);
    await mkdir(labeled, { recursive: true });
    for (let image = 0; image < 6; image += 1) {
      const noise = { type: 'gaussian' as const, mean: 30 + 10 * image, sigma: 8 };
      const spots = await sharp({ create: { width: 40, height: 40, channels: 3, background: '#000', noise } })
        .png()
        .toBuffer();
      const picture = sharp({ create: { width: 40, height: 40, channels: 3, background: color } }).composite([
        { input: spots, blend: 'add' },
      ]);
      await picture.png().toFile(join(labeled, `${image}.png`));
    }
  }
}
