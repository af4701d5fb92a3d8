import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readLabels } from '../../model/import/labels.ts';
import { argmax } from '../../model/verify/argmax.ts';
import { readLabeledPhotos } from '../../model/verify/labeled-photos.ts';
import { openNetwork, runCrops } from '../../model/verify/network-session.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { repository } from '../support/cli.ts';

const folder = join(repository, 'demo/fashion-mnist');
const samples = join(repository, 'demo/fashion-mnist/samples');

describe('the model of the demo', () => {
  it('is small, valid, and has the labels of its data set', async () => {
    const { manifest } = await loadModel(join(folder, 'model'));
    expect((await stat(join(folder, 'model', manifest.file))).size).toBeLessThan(4e6);
    expect(manifest.labels).toEqual(await readLabels(join(folder, 'labels.txt')));
    expect(manifest.name).toBe('fashion-mnist');
  });

  it('has the accuracy on the samples that its model card states', async () => {
    const { manifest, network } = await loadModel(join(folder, 'model'));
    const { crops, labels, leftOut } = await readLabeledPhotos(samples, manifest);
    // The license and the README.
    expect([crops.length, leftOut]).toEqual([200, { not_an_image: 2 }]);
    const session = await openNetwork(network, 'model.onnx');
    const { probabilities } = await runCrops(session, manifest, Buffer.concat(crops));
    await session.release();
    const correct = labels.filter((label, index) => {
      const ofSample = probabilities.data.subarray(index * probabilities.size, (index + 1) * probabilities.size);
      return argmax(ofSample) === label;
    }).length;
    const [, documented] = /(\d+) of 200 samples/.exec(await readFile(join(folder, 'README.md'), 'utf8')) ?? [];
    // Rounding differs between processors and may change a borderline prediction.
    expect(Math.abs(correct - Number(documented))).toBeLessThanOrEqual(1);
  });
});
