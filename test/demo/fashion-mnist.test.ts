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

describe('the model that comes with the project', () => {
  it('is small, sound, and has the labels of its data set', async () => {
    const { manifest } = await loadModel(join(folder, 'model'));
    expect((await stat(join(folder, 'model', manifest.file))).size).toBeLessThan(4e6);
    expect(manifest.labels).toEqual(await readLabels(join(folder, 'labels.txt')));
    expect(manifest.name).toBe('fashion-mnist');
  });

  it('tells the samples as its card says', async () => {
    const { manifest, network } = await loadModel(join(folder, 'model'));
    const { crops, labels, leftOut } = await readLabeledPhotos(samples, manifest);
    // The licence and the note beside them.
    expect([crops.length, leftOut]).toEqual([200, { not_an_image: 2 }]);
    const session = await openNetwork(network, 'model.onnx');
    const { probabilities } = await runCrops(session, manifest, Buffer.concat(crops));
    await session.release();
    const right = labels.filter((label, index) => {
      const own = probabilities.data.subarray(index * probabilities.size, (index + 1) * probabilities.size);
      return argmax(own) === label;
    }).length;
    const [, said] = /(\d+) of the 200 samples/.exec(await readFile(join(folder, 'README.md'), 'utf8')) ?? [];
    // Another processor may round one that is on the edge to the other side.
    expect(Math.abs(right - Number(said))).toBeLessThanOrEqual(1);
  });
});
