import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Graph, graphOf, modelOf } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import { importModel } from '../../../model/import/import-model.ts';
import { encodeModel } from '../../../model/onnx/model-file.ts';
import { readNetwork } from '../../../model/onnx/read-network.ts';
import { maxAbsoluteDifference } from '../../../model/verify/max-absolute-difference.ts';
import { openNetwork, runCrops } from '../../../model/verify/network-session.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { once } from '../../../shared/flow/once.ts';
import { loadModel } from '../../../shared/models/model-directory.ts';
import { describeWithFixtures } from '../../support/fixtures.ts';
import { publishedNetwork, withNodes } from '../../support/published-network.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { tinyEmbeddingSize } from '../../support/tiny-model.ts';

async function files(graph: Graph, labels = 'a one\nb two\nc three\nd four\n') {
  const folder = temporaryFolder();
  const source = join(folder, 'published.onnx');
  const labelFile = join(folder, 'labels.txt');
  await writeFile(source, encodeModel(modelOf(graph)));
  await writeFile(labelFile, labels);
  return { source, preset: 'bvlc', labels: labelFile, out: join(folder, 'out') };
}

/** A network with NaN outputs. */
function nanNetwork(): Graph {
  return withNodes(publishedNetwork(), 'GlobalAveragePool', ({ input, output }) => [
    makeNode('GlobalAveragePool', input, ['average']),
    makeNode('Neg', ['average'], ['negative']),
    makeNode('Log', ['negative'], output),
  ]);
}

/** A network that adds [N, 8, 1, 1] and [N, 8]: broadcasting adds every image to every other. */
function mixingNetwork(): Graph {
  return withNodes(publishedNetwork(), 'Gemm', ({ input, output, attribute }) => [
    makeNode('Add', ['pool', 'features'], ['crossed'], { name: 'cross' }),
    makeNode('GlobalAveragePool', ['crossed'], ['averaged']),
    makeNode('Reshape', ['averaged', 'target_shape'], ['mixed']),
    makeNode('Gemm', ['mixed', ...input.slice(1)], output, { attributes: attribute }),
  ]);
}

describe('importing a published network', () => {
  it('writes a valid model directory, and reports the difference from the source', async () => {
    const options = await files(publishedNetwork());
    const { directory, manifest, parity } = await importModel(options);
    const model = await loadModel(directory);
    expect(model.manifest).toEqual(manifest);
    expect(manifest).toMatchObject({
      name: 'published',
      input: { name: 'image', dtype: 'uint8', layout: 'NHWC', shape: [224, 224, 3] },
      outputs: { probabilities: 'probabilities', embedding: 'embedding', embeddingSize: tinyEmbeddingSize },
      source: { file: 'published.onnx' },
    });
    expect(manifest.labels).toHaveLength(4);
    expect(parity.images).toBeGreaterThan(1);
    expect(parity.maxDifference).toBeLessThan(1e-6);
  });

  it('creates a folder with the default permissions', async () => {
    const options = await files(publishedNetwork());
    await importModel(options);
    const reference = join(options.out, '../reference');
    await mkdir(reference);
    expect((await stat(options.out)).mode).toBe((await stat(reference)).mode);
  });

  it('writes the same bytes every time', async () => {
    const options = await files(publishedNetwork());
    const first = await importModel(options);
    const bytes = await readFile(join(options.out, 'model.onnx'));
    const second = await importModel({ ...options, overwrite: true });
    expect(second.manifest).toEqual(first.manifest);
    expect((await readFile(join(options.out, 'model.onnx'))).equals(bytes)).toBe(true);
  });

  it('imports a network with logits', async () => {
    const published = publishedNetwork();
    const logits = { ...withNodes(published, 'Softmax', () => []), outputs: [makeValue('logits', 'float', [1, 4])] };
    const { parity } = await importModel(await files(logits));
    expect(parity.maxDifference).toBeLessThan(1e-6);
  });

  const published = publishedNetwork();
  const doubleImage = makeValue('data_0', 'double', [1, 3, 224, 224]);
  it.each<[string, Graph, string | RegExp]>([
    [
      'another size',
      publishedNetwork({ size: 32 }),
      'the input data_0 takes images of 32×32 pixels, not 224×224: give its size as the crop size',
    ],
    [
      'two inputs',
      { ...published, inputs: [...published.inputs, makeValue('mask', 'float', [1])] },
      'the network has 2 inputs (data_0, mask): export it with one input',
    ],
    [
      'two outputs',
      { ...published, outputs: [...published.outputs, makeValue('logits', 'float', [1, 4])] },
      'the network has 2 outputs (prob_1 of Softmax node with output prob_1, float [1, 4]; logits of Gemm node with output ' +
        'logits, float [1, 4]); give the output option with the probabilities or logits',
    ],
    ['an old operator set', { ...published, opset: 6 }, 'operator set 6 is not supported: export the model with'],
    ['a new operator set', { ...published, opset: 99 }, 'operator set 99 is not supported: export the model with'],
    [
      'operators of another set',
      withNodes(published, 'Relu', (node) => [{ ...node, domain: 'com.microsoft', name: 'other' }]),
      'com.microsoft.Relu node other is not in the default ONNX operator set: export the model without com.microsoft',
    ],
    [
      'an operator that does not exist',
      withNodes(published, 'Relu', ({ input, output }) => [makeNode('Rectify', input, output)]),
      /onnxruntime cannot run the network: .*Rectify/,
    ],
    [
      'boxes as its output',
      { ...published, outputs: [makeValue('conv1', 'float', [1, 25200, 85])] },
      'conv1 is computed by Conv node with output conv1, which the import cannot read as probabilities or logits: export the',
    ],
    [
      'images in double precision',
      { ...published, inputs: published.inputs.map((input, index) => (index === 0 ? doubleImage : input)) },
      'the input data_0 is double: export the model with float, float16 or uint8 images',
    ],
    ['images added to each other', mixingNetwork(), 'Add node cross may mix the images of a batch'],
    [
      'maps as its output',
      { ...published, outputs: [makeValue('relu2', 'float', [1, 8, 55, 55])] },
      'relu2 is computed by Relu node with output relu2, which the import cannot read as probabilities or logits: export the',
    ],
    [
      'pooled features as its output',
      { ...published, outputs: [makeValue('pool', 'float', [1, 8, 1, 1])] },
      'pool is computed by GlobalAveragePool node',
    ],
    [
      'an unsupported operator',
      withNodes(published, 'Relu', ({ input, output }) => [makeNode('Hardmax', input, output)]),
      'Hardmax node with output relu1 may mix the images of a batch',
    ],
  ])('rejects a network with %s, and writes nothing', async (_, graph, message) => {
    const options = await files(graph);
    const error = await importModel(options).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UserError);
    if (message instanceof RegExp) expect(String(error)).toMatch(message);
    else expect(String(error)).toContain(message);
    expect(String(error)).toContain('published.onnx');
    expect((await readdir(join(options.out, '..'))).sort()).toEqual(['labels.txt', 'published.onnx']);
  });

  it('rejects another number of labels than classes', async () => {
    const options = await files(publishedNetwork(), 'a one\nb two\n');
    await expect(importModel(options)).rejects.toThrow(/the network has 4 classes, but .*labels\.txt has 2 labels/);
  });

  it('rejects a network whose outputs are not numbers, and writes nothing', async () => {
    const options = await files(nanNetwork());
    await expect(importModel(options)).rejects.toThrow(
      'published.onnx: its outputs are not class probabilities: an output is NaN or infinite; check the weights of the file',
    );
    expect((await readdir(join(options.out, '..'))).sort()).toEqual(['labels.txt', 'published.onnx']);
  });

  it('lists the known presets if a preset is unknown', async () => {
    const options = await files(publishedNetwork());
    await expect(importModel({ ...options, preset: 'toString' })).rejects.toThrow(
      'unknown preset toString: give one of bvlc',
    );
    await expect(importModel({ ...options, preset: 'bvcl' })).rejects.toThrow(
      'unknown preset bvcl (did you mean bvlc?): give one of bvlc',
    );
  });
});

describeWithFixtures('importing the published GoogLeNet', (fixtures) => {
  const reference = join(fixtures, 'reference');
  const [count, height, width] = [8, 224, 224];
  const imported = importedOnce(fixtures);

  it('agrees with the published network within 1e-6', async () => {
    const { parity, manifest } = await imported();
    expect(parity.maxDifference).toBeLessThan(1e-6);
    expect(manifest.labels[0]).toEqual({ id: 'n01440764', name: 'tench, Tinca tinca' });
    expect(manifest.labels).toHaveLength(1000);
  });

  it('agrees with another engine: probabilities within 1e-4, embeddings within a relative 1e-3', async () => {
    const { directory } = await imported();
    const { network, manifest } = await loadModel(directory);
    const planes = floats(await readFile(join(reference, 'tensors.f32')));
    const session = await openNetwork(network, manifest.file);
    const crops = pixelsOf(planes, { count, area: height * width });
    const { probabilities, embedding } = await runCrops(session, manifest, crops);
    await session.release();
    const expected = floats(await readFile(join(reference, 'prob.f32')));
    expect(probabilities.data).toHaveLength(expected.length);
    expect(maxAbsoluteDifference(probabilities.data, expected)).toBeLessThan(1e-4);
    const features = floats(await readFile(join(reference, 'embedding.f32')));
    for (let image = 0; image < count; image += 1) {
      const actual = embedding.data.subarray(image * 1024, (image + 1) * 1024);
      const reference = features.subarray(image * 1024, (image + 1) * 1024);
      const difference = Math.hypot(...actual.map((value, index) => value - (reference[index] ?? 0)));
      expect(difference / Math.hypot(...reference)).toBeLessThan(1e-3);
    }
  });

  it.each(['light_inception_v1', 'light_inception_v2'])('imports %s, whose weights are computed', async (name) => {
    const out = join(temporaryFolder(), 'out');
    const source = join(fixtures, 'models/light', `${name}.onnx`);
    const labels = join(fixtures, 'models/synset_words.txt');
    const { manifest, parity } = await importModel({ source, preset: 'bvlc', labels, out });
    expect(parity.maxDifference).toBeLessThan(1e-6);
    expect(manifest.outputs.embeddingSize).toBe(1024);
    const { nodes } = graphOf((await readNetwork(join(out, 'model.onnx'))).model);
    expect(nodes.map(({ opType }) => opType)).not.toContain('ConstantOfShape');
  });
});

function importedOnce(fixtures: string) {
  const source = join(fixtures, 'models/googlenet-zoo.onnx');
  const labels = join(fixtures, 'models/synset_words.txt');
  const out = join(temporaryFolder(), 'googlenet');
  return once(() => importModel({ source, preset: 'bvlc', labels, out }));
}

function floats(bytes: Buffer): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

/** Reverses the reference's preprocessing exactly: BGR planes with the mean subtracted become RGB bytes. */
function pixelsOf(planes: Float32Array, { count, area }: { count: number; area: number }): Uint8Array {
  const meanBgr = [104, 117, 123];
  const pixels = new Uint8Array(planes.length);
  for (let image = 0; image < count; image += 1) {
    for (let plane = 0; plane < 3; plane += 1) {
      for (let pixel = 0; pixel < area; pixel += 1) {
        const value = (planes[(image * 3 + plane) * area + pixel] ?? Number.NaN) + (meanBgr[plane] ?? 0);
        if (!Number.isInteger(value)) throw new RangeError(`expected integer pixels in the reference, got ${value}`);
        pixels[(image * area + pixel) * 3 + 2 - plane] = value;
      }
    }
  }
  return pixels;
}
