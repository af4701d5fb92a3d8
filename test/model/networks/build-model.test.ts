import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { intAttribute } from '../../../model/graph/attribute.ts';
import { graphOf, modelOf } from '../../../model/graph/graph.ts';
import { importModel } from '../../../model/import/import-model.ts';
import { type BuildOptions, buildModel } from '../../../model/networks/build-model.ts';
import { findNetwork } from '../../../model/networks/networks.ts';
import { decodeModel, encodeModel } from '../../../model/onnx/model-file.ts';
import { maxAbsoluteDifference } from '../../../model/verify/max-absolute-difference.ts';
import { openNetwork, runCrops } from '../../../model/verify/network-session.ts';
import { syntheticCropBatch } from '../../../model/verify/synthetic-crops.ts';
import { verifyModel } from '../../../model/verify/verify-model.ts';
import { writeModelDirectory } from '../../../model/write-model-directory.ts';
import { loadModel } from '../../../shared/models/model-directory.ts';
import { describeWithFixtures } from '../../support/fixtures.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const small = { network: 'googlenet', classes: 4, size: 32, width: 0.125 } as const;

describe('building a model', () => {
  const folder = temporaryFolder();
  const weights = join(folder, 'published.onnx');
  const labels = join(folder, 'labels.txt');
  const out = join(folder, 'model');

  it('writes a model directory that passes verification, deterministically', async () => {
    const { manifest, difference } = await buildModel({ ...small, out });
    expect(difference).toBeUndefined();
    expect(manifest).toMatchObject({
      name: 'googlenet',
      version: 'random-1',
      input: { shape: [32, 32, 3] },
      preprocess: { resize: { width: 37, height: 37 }, crop: { width: 32, height: 32 } },
      outputs: { embeddingSize: 128 },
    });
    expect(manifest.labels[3]).toEqual({ id: '3', name: 'class 3' });
    expect(await verifyModel(out)).toMatchObject({ ok: true });
    const again = await buildModel({ ...small, out: join(folder, 'again') });
    expect(again.manifest).toEqual(manifest);
    const other = await buildModel({ ...small, seed: 2, out: join(folder, 'other') });
    expect(other.manifest.sha256).not.toBe(manifest.sha256);
  });

  it('decodes by the chosen rule, or by that of its trunk', async () => {
    const trunk = join(folder, 'trunk');
    const decodeOf = async (options: Partial<BuildOptions>) =>
      (await buildModel({ ...small, out, overwrite: true, ...options })).manifest.preprocess.decode;
    expect(await decodeOf({ decode: 'scaled', out: trunk })).toBe('scaled');
    expect(await decodeOf({ decode: 'exact' })).toBeUndefined();
    const { size: _, ...sameSize } = small;
    const copied = { ...sameSize, trunk, out, overwrite: true };
    expect((await buildModel(copied)).manifest.preprocess.decode).toBe('scaled');
    expect((await buildModel({ ...copied, decode: 'exact' })).manifest.preprocess.decode).toBeUndefined();
  });

  it('writes a valid model with auxiliary classifiers', async () => {
    await buildModel({ ...small, size: 80, auxiliary: true, batchNorm: true, out, overwrite: true });
    expect(await verifyModel(out)).toMatchObject({ ok: true });
  });

  it('copies weights from a published file and agrees with it', async () => {
    const published = findNetwork('lenet5').build({
      ...{ classes: 10, size: 32, width: 1, batchNorm: false, dropout: false, seed: 5 },
    });
    await writeFile(weights, encodeModel(modelOf({ ...published, outputs: published.outputs.slice(0, 1) })));
    const { manifest, difference, parameters } = await buildModel({ network: 'lenet5', weights, out, overwrite: true });
    expect(difference).toBeLessThan(1e-5);
    expect(parameters).toBe(62_006);
    expect(manifest).toMatchObject({ preprocess: { scale: [1, 1, 1] }, source: { file: 'published.onnx' } });

    // A model built by this project is already RGB: the channels must not be reversed again.
    const again = await buildModel({ network: 'lenet5', weights: join(out, 'model.onnx'), out: join(folder, 'copy') });
    expect(again.difference).toBeUndefined();
    expect(again.manifest.sha256).toBe(manifest.sha256);
  });

  it('copies weights of an Inception-v3 in the form of torchvision, whose average pools count their padding', async () => {
    const options = { classes: 7, size: 75, width: 0.125 };
    const published = findNetwork('inception-v3').build({ ...options, batchNorm: true, dropout: false, seed: 5 });
    const nodes = published.nodes.map((node) => ({
      ...node,
      attribute: node.attribute.map((each) =>
        each.name === 'count_include_pad' ? intAttribute('count_include_pad', 1) : each,
      ),
    }));
    await writeFile(weights, encodeModel(modelOf({ ...published, nodes, outputs: published.outputs.slice(0, 1) })));
    const { difference, manifest } = await buildModel({
      ...{ ...options, network: 'inception-v3', weights, out, overwrite: true },
    });
    expect(difference).toBeLessThan(1e-5);
    expect(manifest.preprocess).toMatchObject({ mean: [127.5, 127.5, 127.5], scale: Array(3).fill(1 / 127.5) });
  });

  it('has one class per label', async () => {
    await writeFile(labels, 'cat Cat\ndog Dog\n');
    const { manifest } = await buildModel({ network: 'lenet5', labels, out, overwrite: true });
    expect(manifest.labels).toEqual([
      { id: 'cat', name: 'Cat' },
      { id: 'dog', name: 'Dog' },
    ]);
    await expect(buildModel({ network: 'lenet5', labels, classes: 3, out, overwrite: true })).rejects.toThrow(
      `the network has 3 classes, but ${labels} has 2 labels: give one label per class`,
    );
  });

  it.each<[string, Partial<BuildOptions>, string]>([
    ['an unknown network', { network: 'vgg' }, 'unknown network vgg: give one of googlenet'],
    [
      'weights of another network',
      { weights },
      `the weights of ${weights} do not fit: layer conv1/7x7_s2 needs weights`,
    ],
    ['a missing weights file', { weights: join(folder, 'none.onnx') }, 'none.onnx does not exist'],
    ['an image that is too small', { size: 8 }, 'an image of 8×8 pixels is too small for googlenet'],
    [
      'an image too small for auxiliaries',
      { size: 64, auxiliary: true },
      'the input of loss1/ave_pool is 4×4, smaller',
    ],
    ['no classes', { classes: 0 }, 'classes is 0: give an integer of at least 2'],
    ['one class', { classes: 1 }, 'classes is 1: give an integer of at least 2'],
    ['half a pixel', { size: 32.5 }, 'size is 32.5: give an integer of at least 1'],
    ['a width of 0', { width: 0 }, 'the width is 0: give a number above 0'],
    ['modules without inception', { network: 'lenet5', modules: 'naive' }, 'lenet5 has no naive modules'],
  ])('rejects %s and writes nothing', async (_, invalid, message) => {
    const untouched = join(folder, 'untouched');
    await expect(buildModel({ ...small, ...invalid, out: untouched })).rejects.toThrow(message);
    await expect(readdir(untouched)).rejects.toThrow('ENOENT');
  });

  it('rejects weights with matching shapes from a network that computes another function', async () => {
    const published = findNetwork('lenet5').build({
      ...{ classes: 10, size: 32, width: 1, batchNorm: false, dropout: false, seed: 5 },
    });
    const nodes = published.nodes.map((node) => (node.opType === 'Tanh' ? { ...node, opType: 'Relu' } : node));
    await writeFile(weights, encodeModel(modelOf({ ...published, nodes, outputs: published.outputs.slice(0, 1) })));
    const before = await readFile(join(out, 'manifest.json'), 'utf8');
    await expect(buildModel({ network: 'lenet5', weights, out, overwrite: true })).rejects.toThrow(
      'is another network: with its weights',
    );
    expect(await readFile(join(out, 'manifest.json'), 'utf8')).toBe(before);
  });
});

describe('building a network with the trunk of a model', () => {
  const folder = temporaryFolder();
  const [source, out] = [join(folder, 'source'), join(folder, 'out')];
  const compact = { network: 'compact-inception-v3', width: 0.25, size: 36 } as const;

  it('copies all layers before the classifier, the preprocessing and the size', async () => {
    await buildModel({ ...compact, classes: 3, seed: 2, out: source });
    const { width, network } = compact;
    const built = await buildModel({ network, width, trunk: source, classes: 5, auxiliary: true, out });
    expect(built.difference).toBe(0);
    const [before, after] = [await loadModel(source), await loadModel(out)];
    expect(after.manifest.preprocess).toEqual(before.manifest.preprocess);
    expect(after.manifest.labels).toHaveLength(5);
    const [expected, actual] = [await outputsOf(source), await outputsOf(out)];
    expect(actual.embedding.data).toEqual(expected.embedding.data);
    expect(actual.probabilities.size).toBe(5);
    expect(await verifyModel(out)).toMatchObject({ ok: true });
  });

  it.each<[string, Partial<BuildOptions>, RegExp]>([
    [
      'another network',
      { network: 'lenet5' },
      /the layers of compact-inception-v3@\w+ do not fit: layer c1 needs weights/,
    ],
    ['another width', { width: 0.5 }, /do not fit: layer conv1a\/3x3 needs weights \[8, 3, 3, 3\]/],
    ['a size of its own', { size: 36 }, /^the trunk gives the weights and the image size: omit weights and size$/],
    ['published weights', { weights: 'x.onnx' }, /^the trunk gives the weights and the image size/],
  ])('rejects %s', async (_, invalid, message) => {
    const { width, network } = compact;
    const untouched = join(folder, 'untouched');
    await expect(buildModel({ network, width, trunk: source, ...invalid, out: untouched })).rejects.toThrow(message);
    await expect(readdir(untouched)).rejects.toThrow('ENOENT');
  });

  it('rejects a network that computes another function', async () => {
    const { manifest, network } = await loadModel(source);
    const graph = graphOf(decodeModel(network));
    const nodes = graph.nodes.map((node) => (node.opType === 'Relu' ? { ...node, opType: 'Tanh' } : node));
    const bytes = encodeModel(modelOf({ ...graph, nodes }));
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const { knownAnswer: _, ...rest } = manifest;
    const other = join(folder, 'tanh');
    await writeModelDirectory(other, { ...rest, sha256 }, bytes);
    const { width, network: name } = compact;
    await expect(buildModel({ network: name, width, trunk: other, out: join(folder, 'untouched') })).rejects.toThrow(
      /^compact-inception-v3@\w+ is another network: with its weights, features differ by \S+ of the largest \(tolerance 0.0001\)/,
    );
  });
});

describeWithFixtures('building GoogLeNet with the published weights', (fixtures) => {
  const folder = temporaryFolder();
  const source = join(fixtures, 'models/googlenet-zoo.onnx');
  const labels = join(fixtures, 'models/synset_words.txt');

  it('gives the same outputs as an import', async () => {
    const [built, imported] = [join(folder, 'built'), join(folder, 'imported')];
    const { parameters, difference } = await buildModel({ network: 'googlenet', weights: source, labels, out: built });
    await importModel({ source, preset: 'bvlc', labels, out: imported });
    expect(parameters).toBe(6_998_552);
    expect(difference).toBeLessThan(1e-5);
    const [actual, expected] = [await outputsOf(built), await outputsOf(imported)];
    expect(maxAbsoluteDifference(actual.probabilities.data, expected.probabilities.data)).toBeLessThan(1e-5);
    expect(maxAbsoluteDifference(actual.embedding.data, expected.embedding.data)).toBeLessThan(1e-5);
    expect((await loadModel(built)).preprocess).toBe((await loadModel(imported)).preprocess);
  });
});

async function outputsOf(directory: string) {
  const { manifest, network } = await loadModel(directory);
  const session = await openNetwork(network, directory);
  try {
    return await runCrops(session, manifest, syntheticCropBatch(3, manifest.preprocess.crop));
  } finally {
    await session.release();
  }
}
