import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { inceptionBatch, repository } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** Path of the data set in Debian's package `dataset-fashion-mnist`. */
const data = '/usr/share/datasets/fashion-mnist';
const folder = temporaryFolder();
const reportSchema = z.object({
  test: z.object({ accuracy: z.number() }),
  imagesPerSecond: z.number(),
  peakMemoryBytes: z.number(),
});

if (!existsSync(data)) console.warn(`skipped: Fashion-MNIST is not in ${data}`);

describe.skipIf(!existsSync(data))('LeNet-5 on Fashion-MNIST', () => {
  it('reaches a test accuracy of 90 %', async () => {
    const labels = join(repository, 'demo/fashion-mnist/labels.txt');
    const [untrained, out] = [join(folder, 'untrained'), join(folder, 'trained')];
    await inceptionBatch(['model', 'build', 'lenet5', '--labels', labels, '--batch-norm', '--out', untrained]);
    const recipe =
      '--epochs 18 --rate 0.05 --weight-decay 5e-4 --dropout 0 --area 0.8 --aspect 1.1 --color 0.1 --no-mirror';
    const args = ['model', 'train', untrained, '--data', data, ...recipe.split(' '), '--out', out, '--json'];
    const { code, stdout, stderr } = await inceptionBatch(args);
    expect([code, stderr]).toEqual([0, '']);
    const { test, imagesPerSecond, peakMemoryBytes } = reportSchema.parse(JSON.parse(stdout));
    console.log(
      `accuracy on 10,000 test images: ${test.accuracy.toFixed(4)}; ${imagesPerSecond.toFixed(0)} images/s, ` +
        `${Math.round(peakMemoryBytes / 2 ** 20)} MiB peak memory`,
    );
    expect(test.accuracy).toBeGreaterThanOrEqual(0.9);
  });
});
