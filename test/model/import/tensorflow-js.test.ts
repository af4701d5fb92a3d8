import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importModel } from '../../../model/import/import-model.ts';
import { modelId } from '../../../shared/models/model-manifest.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { tinyClassifier, writePackagedModel } from '../../support/tensorflow-js/tiny-classifier.ts';
import { writeModel } from '../../support/tensorflow-js/write-model.ts';

const preset = 'nsfwjs';

describe('importing a TensorFlow.js model', () => {
  it('reads the folder of its model.json, and names the model after the folder', async () => {
    const folder = join(temporaryFolder(), 'Tiny Model');
    const file = await writeModel(folder, tinyClassifier, { shardBytes: 500 });
    const { manifest, parity } = await importModel({ source: folder, preset, out: join(folder, 'out') });
    expect(manifest).toMatchObject({
      name: 'tiny-model',
      input: { shape: [224, 224, 3] },
      outputs: { embeddingSize: 6 },
      preprocess: { resize: { rule: 'warp', width: 224, height: 224 }, mean: [0, 0, 0] },
      source: { file: 'Tiny Model/model.json' },
    });
    expect(parity.maxDifference).toBeLessThan(1e-6);
    const again = await importModel({ source: file, preset, out: join(folder, 'again') });
    expect(again.manifest).toEqual(manifest);
  });

  it('reads the modules of a package, and gives the same model', async () => {
    const folder = temporaryFolder();
    const name = 'tiny';
    await writeModel(join(folder, 'plain'), tinyClassifier, { shardBytes: 500 });
    await writePackagedModel(join(folder, 'packaged'), tinyClassifier);
    const plain = await importModel({ source: join(folder, 'plain'), preset, name, out: join(folder, 'a') });
    const packaged = await importModel({ source: join(folder, 'packaged'), preset, name, out: join(folder, 'b') });
    expect(packaged.manifest.sha256).toBe(plain.manifest.sha256);
    expect(modelId(packaged.manifest)).toBe(modelId(plain.manifest));
    expect(packaged.manifest.source).toEqual({
      file: 'packaged/model.min.js',
      sha256: plain.manifest.source.sha256,
    });
  });

  it('takes the labels of the preset, unless a label file is given', async () => {
    const folder = temporaryFolder();
    const source = await writeModel(folder, tinyClassifier);
    const withPreset = await importModel({ source, preset, out: join(folder, 'a') });
    expect(withPreset.manifest.labels.map(({ name }) => name)).toEqual([
      'Drawing',
      'Hentai',
      'Neutral',
      'Porn',
      'Sexy',
    ]);
    const labels = join(folder, 'labels.txt');
    await writeFile(labels, 'a\nb\nc\nd\ne\n');
    const given = await importModel({ source, preset, labels, out: join(folder, 'b') });
    expect(given.manifest.labels.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('numbers the classes if the preset has another number of labels', async () => {
    const folder = temporaryFolder();
    const weights = tinyClassifier.weights.map(({ name, shape, data }) =>
      name.startsWith('classes/')
        ? { name, shape: shape.map((size) => (size === 5 ? 3 : size)), data: data.slice(0, (data.length / 5) * 3) }
        : { name, shape, data },
    );
    const topology = JSON.parse(JSON.stringify(tinyClassifier.topology).replace('"units":5', '"units":3'));
    const source = await writeModel(folder, { ...tinyClassifier, topology, weights });
    const { manifest } = await importModel({ source, preset, out: join(folder, 'out') });
    expect(manifest.labels.map(({ id }) => id)).toEqual(['class-0', 'class-1', 'class-2']);
  });

  it('names a folder without a model', async () => {
    const folder = temporaryFolder();
    await expect(importModel({ source: folder, preset, out: join(folder, 'out') })).rejects.toThrow(
      `give an .onnx file: ${folder} is a folder without the model.json of a TensorFlow.js model`,
    );
  });

  it('takes an image size that the model leaves open from the preset', async () => {
    const folder = temporaryFolder();
    const file = await writeModel(folder, tinyClassifier);
    const open = (await readFile(file, 'utf8')).replace(/\[\s*null,\s*224,\s*224,\s*3\s*\]/, '[null,null,null,3]');
    await writeFile(file, open);
    const { manifest } = await importModel({ source: folder, preset, out: join(folder, 'out') });
    expect(open).toContain('[null,null,null,3]');
    expect(manifest.input.shape).toEqual([224, 224, 3]);
  });

  it('checks the size of the crop', async () => {
    const folder = temporaryFolder();
    await writeModel(folder, tinyClassifier);
    const options = { source: folder, preset: 'nsfwjs-299', out: join(folder, 'out') };
    await expect(importModel(options)).rejects.toThrow('takes images of 224×224 pixels, not 299×299');
  });
});
