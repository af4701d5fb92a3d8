import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fittedCrops } from '../../../model/ensemble/difference-from-mean.ts';
import { ensembleModel } from '../../../model/ensemble/ensemble-model.ts';
import type { ImageFit } from '../../../model/ensemble/shared-crop.ts';
import { floatAttribute, intAttribute } from '../../../model/graph/attribute.ts';
import { type Graph, graphOf } from '../../../model/graph/graph.ts';
import { isOperator, makeNode } from '../../../model/graph/node.ts';
import { decodeModel } from '../../../model/onnx/model-file.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { optimizeModel } from '../../../model/optimize/optimize-model.ts';
import { makeHalfModel } from '../../../model/quantize/make-half-model.ts';
import { predictCrops } from '../../../model/verify/predict-crops.ts';
import { syntheticCrops } from '../../../model/verify/synthetic-crops.ts';
import { loadModel } from '../../../shared/models/model-directory.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeMember } from '../../support/write-member.ts';

const folder = temporaryFolder();

/** Predictions for the same synthetic images. @param fit of the model's image in images of 40 × 40 pixels */
async function predictions(directory: string, fit?: ImageFit) {
  const { network, manifest } = await loadModel(directory);
  const size = fit === undefined ? manifest.preprocess.crop : { width: 40, height: 40 };
  const crops = await fittedCrops(syntheticCrops(5, size), fit ?? { kind: 'same' }, size);
  return predictCrops(crops, network, manifest);
}

type Predictions = Awaited<ReturnType<typeof predictions>>;

/** Expects the mean of the members' probabilities, to 1e-6. @param orders for each member, the index of each label */
function expectMean(actual: Predictions, members: readonly Predictions[], orders: readonly (readonly number[])[] = []) {
  for (const [image, { probabilities }] of actual.entries()) {
    for (const [label, probability] of probabilities.entries()) {
      const all = members.map(
        (each, index) => each[image]?.probabilities[orders[index]?.[label] ?? label] ?? Number.NaN,
      );
      const mean = all.reduce((sum, value) => sum + value, 0) / members.length;
      expect(Math.abs(probability - mean)).toBeLessThan(1e-6);
    }
  }
}

describe('an ensemble', () => {
  it('has the mean of the probabilities and all embeddings, whatever the means, scales and color orders', async () => {
    const sources = [
      await writeMember(),
      await writeMember({ channels: 5, preprocess: { mean: [127.5, 127.5, 127.5], scale: [0.9, 0.8, 1.1] } }),
      await writeMember({ name: 'bgr', channels: 7, networkOrder: 'BGR' }),
    ];
    const out = join(folder, 'mixed');
    const result = await ensembleModel({ sources, out });
    const models = await Promise.all(sources.map(loadModel));
    expect(result).toMatchObject({ directory: out, members: models.map(({ id }) => id), refitted: [] });
    expect(result.maxDifference).toBeLessThan(1e-6);
    const actual = await predictions(out);
    const members = await Promise.all(sources.map((source) => predictions(source)));
    expectMean(actual, members);
    for (const [image, { embedding }] of actual.entries()) {
      expect([...embedding]).toEqual(members.flatMap((each) => [...(each[image]?.embedding ?? [])]));
    }
    const { manifest } = await loadModel(out);
    expect(manifest).toMatchObject({
      name: 'ensemble',
      labels: models[0]?.manifest.labels,
      derivedFrom: models.map(({ id }) => id),
      outputs: { embeddingSize: 24 },
      // The pixels as they are: each network has its own mean.
      preprocess: { mean: [0, 0, 0], scale: [1, 1, 1], resize: { width: 36 } },
    });
    const names = graphOf(decodeModel((await loadModel(out)).network)).nodes.flatMap(({ output }) => output);
    expect(names).toEqual(expect.arrayContaining(['member-1/conv1', 'member-2/conv1', 'bgr/conv1', 'probabilities']));
  });

  it('gives the same bytes for the same models, and keeps a mean that all have', async () => {
    const sources = [await writeMember(), await writeMember({ channels: 5 })];
    const first = await ensembleModel({ sources, out: join(folder, 'first'), name: 'pair' });
    const again = await ensembleModel({ sources, out: join(folder, 'again'), name: 'pair' });
    expect(again.manifest).toEqual(first.manifest);
    expect(first.manifest).toMatchObject({ name: 'pair', preprocess: { mean: [123, 117, 104] } });
  });

  it('brings labels into the order of the first model', async () => {
    const sources = [await writeMember(), await writeMember({ channels: 5, labels: ['c', 'a', 'd', 'b'] })];
    const out = join(folder, 'ordered');
    const { manifest } = await ensembleModel({ sources, out });
    expect(manifest.labels.map(({ id }) => id)).toEqual(['a', 'b', 'c', 'd']);
    const members = await Promise.all(sources.map((source) => predictions(source)));
    const order = [1, 3, 0, 2];
    expectMean(await predictions(out), members, [[0, 1, 2, 3], order]);
  });

  it('keeps the embedding of one model if requested', async () => {
    const sources = [await writeMember(), await writeMember({ channels: 5 })];
    const out = join(folder, 'one-embedding');
    const { manifest } = await ensembleModel({ sources, out, embeddingOf: sources[1] });
    expect(manifest.outputs.embeddingSize).toBe(8);
    const [actual, expected] = [await predictions(out), await predictions(sources[1] ?? '')];
    expect(actual.map(({ embedding }) => embedding)).toEqual(expected.map(({ embedding }) => embedding));
    await expect(ensembleModel({ sources, out: join(folder, 'x'), embeddingOf: 'other' })).rejects.toThrow(
      /^other is not one of the models: give one of /,
    );
  });

  it('computes once what members have in common', async () => {
    const sources = [await writeMember({ head: 20 }), await writeMember({ head: 30 })];
    const out = join(folder, 'shared');
    const { sharedLayers, manifest } = await ensembleModel({ sources, out });
    expect(sharedLayers).toBe(2);
    expect(manifest.outputs.embeddingSize).toBe(8);
    const { nodes } = graphOf(decodeModel((await loadModel(out)).network));
    expect(nodes.filter((node) => isOperator(node, 'Conv'))).toHaveLength(2);
    expect(nodes.filter((node) => isOperator(node, 'Gemm'))).toHaveLength(2);
    expectMean(await predictions(out), await Promise.all(sources.map((source) => predictions(source))));
  });

  it('cuts a smaller center crop of the same resized image out of the larger one', async () => {
    const resize = { rule: 'warp', width: 45, height: 45 } as const;
    const sources = [
      await writeMember({ size: 32, preprocess: { resize } }),
      await writeMember({ size: 40, channels: 5, preprocess: { resize } }),
    ];
    const out = join(folder, 'cut');
    const { refitted, manifest } = await ensembleModel({ sources, out });
    expect(refitted).toEqual([(await loadModel(sources[0] ?? '')).id]);
    expect(manifest.preprocess).toMatchObject({ resize, crop: { width: 40, height: 40 } });
    // (45 − 32) >> 1 is 6, and (45 − 40) >> 1 is 2.
    const fit = { kind: 'cut', top: 4, left: 4, height: 32, width: 32 } as const;
    expectMean(await predictions(out), [await predictions(sources[0] ?? '', fit), await predictions(sources[1] ?? '')]);
  });

  it('cuts in networks of operator set 9 too', async () => {
    const resize = { rule: 'warp', width: 44, height: 44 } as const;
    const old = (channels: number, size: number) =>
      writeMember({ size, channels, preprocess: { resize }, edit: (graph) => ({ ...graph, opset: 9 }) });
    const sources = [await old(5, 40), await old(6, 32)];
    const out = join(folder, 'old-cut');
    await ensembleModel({ sources, out });
    const fit = { kind: 'cut', top: 4, left: 4, height: 32, width: 32 } as const;
    expectMean(await predictions(out), [await predictions(sources[0] ?? ''), await predictions(sources[1] ?? '', fit)]);
  });

  it('resizes an image with the same share of its resized image', async () => {
    const sources = [await writeMember({ size: 40, channels: 5 }), await writeMember({ size: 32 })];
    const out = join(folder, 'resized');
    const { refitted, manifest } = await ensembleModel({ sources, out });
    expect(refitted).toEqual([(await loadModel(sources[1] ?? '')).id]);
    expect(manifest.preprocess.crop).toMatchObject({ width: 40, height: 40 });
    const fit = { kind: 'resize', height: 32, width: 32 } as const;
    expectMean(await predictions(out), [await predictions(sources[0] ?? ''), await predictions(sources[1] ?? '', fit)]);
  });

  it('raises a member of an older operator set', async () => {
    const clipped = await writeMember({
      channels: 5,
      edit: (graph) => ({
        ...graph,
        opset: 9,
        nodes: graph.nodes.map((node) =>
          node.output[0] === 'relu1'
            ? makeNode('Clip', node.input, node.output, {
                attributes: [floatAttribute('min', 0), floatAttribute('max', 6)],
              })
            : node,
        ),
      }),
    });
    const sources = [clipped, await writeMember()];
    const out = join(folder, 'raised');
    await ensembleModel({ sources, out });
    expectMean(await predictions(out), await Promise.all(sources.map((source) => predictions(source))));
    expect(graphOf(decodeModel((await loadModel(out)).network)).opset).toBe(13);
  });

  it('can be optimized like any other model', async () => {
    const sources = [await writeMember(), await writeMember({ channels: 5, preprocess: { scale: [0.5, 0.5, 0.5] } })];
    const out = join(folder, 'float');
    const { manifest } = await ensembleModel({ sources, out });
    const optimized = await optimizeModel({ source: out, out: join(folder, 'fast'), mergeSiblings: false });
    expect(optimized.agreement.maxDifference).toBeLessThan(1e-6);
    expect(optimized.manifest.derivedFrom).toEqual([(await loadModel(out)).id, ...(manifest.derivedFrom ?? [])]);
  });
});

/** With a weight that an optimized form lacks. */
function withUnusedWeight(graph: Graph): Graph {
  const unused = makeTensor('unused', [1], Float32Array.of(1));
  return { ...graph, initializers: new Map([...graph.initializers, [unused.name, unused]]) };
}

describe('an ensemble is refused, and nothing is written', () => {
  it.each<[string, () => Promise<string[]>, RegExp]>([
    ['for one model', async () => [await writeMember()], /^an ensemble needs two or more models$/],
    [
      'for the same network twice',
      async () => [await writeMember({ name: 'x' }), await writeMember({ name: 'y' })],
      /^the same model twice: \S+\/x and \S+\/y have the same network; give it once$/,
    ],
    [
      'for a label that one model lacks',
      async () => [
        await writeMember({ name: 'x' }),
        await writeMember({ name: 'y', channels: 5, labels: ['a', 'b', 'c', 'z'] }),
      ],
      /^the labels of \S+\/x and \S+\/y differ \(4 and 4\): \S+\/y has no label d \(kind d\); give models of the same labels$/,
    ],
    [
      'for a label that the first model lacks',
      async () => [
        await writeMember({ name: 'x', labels: ['a', 'b'] }),
        await writeMember({ name: 'y', labels: ['b', 'a', 'q'] }),
      ],
      /differ \(2 and 3\): \S+\/x has no label q \(kind q\);/,
    ],
    [
      'for resized images of another share',
      async () => [
        await writeMember({ name: 'x' }),
        await writeMember({ name: 'y', size: 24, preprocess: { resize: { rule: 'warp', width: 48, height: 48 } } }),
      ],
      /^\S+\/x and \S+\/y need different images: warp to 36×36, center crop 32×32, .*, and warp to 48×48, center crop 24×24/,
    ],
    [
      'for another resize rule',
      async () => [
        await writeMember({ name: 'x' }),
        await writeMember({ name: 'y', channels: 5, preprocess: { resize: { rule: 'cover', width: 36, height: 36 } } }),
      ],
      /need different images: warp to .* and cover to .*; give models with the same resize and crop rules and /,
    ],
    [
      'for another background of transparent images',
      async () => [
        await writeMember({ name: 'x' }),
        await writeMember({ name: 'y', channels: 5, preprocess: { background: [0, 0, 0] } }),
      ],
      /background 255 255 255, and .*background 0 0 0; give models with the same background behind transparent pixels$/,
    ],
    [
      'for a node that has another meaning in the operator set of another model',
      async () => [
        await writeMember({ name: 'x' }),
        await writeMember({
          name: 'y',
          channels: 5,
          edit: (graph) => ({
            ...graph,
            opset: 12,
            // Up to 12, a Softmax over the second axis sums over all later axes too.
            nodes: graph.nodes.flatMap((node) =>
              node.output[0] === 'relu1'
                ? [
                    node,
                    makeNode('Softmax', ['relu1'], ['soft'], { name: 'soft', attributes: [intAttribute('axis', 1)] }),
                  ]
                : [node.input[0] === 'relu1' ? { ...node, input: ['soft', ...node.input.slice(1)] } : node],
            ),
          }),
        }),
      ],
      /^\S+\/y: Softmax node soft has another meaning in operator set 13 than in 12; export the model with operator set 13$/,
    ],
  ])('%s', async (_, open, message) => {
    const out = join(folder, 'refused');
    await expect(ensembleModel({ sources: await open(), out })).rejects.toThrow(message);
    await expect(readdir(out)).rejects.toThrow('ENOENT');
  });

  it('for a model and the same model, optimized', async () => {
    const source = await writeMember({ name: 'plain' });
    const fast = join(folder, 'optimized');
    await optimizeModel({ source, out: fast, mergeSiblings: true });
    for (const sources of [
      [source, fast],
      [fast, source],
    ]) {
      await expect(ensembleModel({ sources, out: join(folder, 'refused') })).rejects.toThrow(
        `the same model twice: ${fast} was made from ${source}; give it once`,
      );
    }
  });

  it('for a network that two members contain', async () => {
    const [a, b, c] = [
      // Optimizing changes it.
      await writeMember({ name: 'a', edit: withUnusedWeight }),
      await writeMember({ name: 'b', channels: 5 }),
      await writeMember({ name: 'c', channels: 7 }),
    ];
    const ensemble = async (name: string, sources: string[]) =>
      (await ensembleModel({ sources, name, out: join(folder, name) })).directory;
    const optimized = async (name: string, source: string) =>
      (await optimizeModel({ source, out: join(folder, name), mergeSiblings: true })).directory;
    const fast = await optimized('fast-a', a);
    const [ab, ba, fastC] = [
      await ensemble('ab', [a, b]),
      await ensemble('ba', [b, a]),
      await ensemble('fast-a-and-c', [fast, c]),
    ];
    const fastAb = await optimized('fast-ab', ab);
    const { id } = await loadModel(a);
    for (const [sources, reason] of [
      [[ab, ba], `${ab} and ${ba} both contain ${id}`],
      [[ab, fastC], `${ab} and ${fastC} both contain ${id}`],
      [[fast, ab], `${fast} and ${ab} were both made from ${id}`],
      [[ab, a], `${ab} contains ${a}`],
      [[a, fastC], `${fastC} contains ${a}`],
      [[fastAb, a], `${fastAb} contains ${a}`],
      [[ab, fastAb], `${fastAb} was made from ${ab}`],
    ] as const) {
      await expect(ensembleModel({ sources, out: join(folder, 'refused') })).rejects.toThrow(
        `the same model twice: ${reason}; give it once`,
      );
    }
    const { manifest } = await ensembleModel({ sources: [ab, c], out: join(folder, 'nested') });
    expect(manifest.derivedFrom).toEqual(
      await Promise.all([ab, c, a, b].map(async (each) => (await loadModel(each)).id)),
    );
  });

  it('for a rounded model', async () => {
    const source = await writeMember({ name: 'float' });
    const half = join(folder, 'half');
    await makeHalfModel({ source, out: half, images: 1 });
    const sources = [await writeMember({ channels: 5 }), half];
    await expect(ensembleModel({ sources, out: join(folder, 'refused') })).rejects.toThrow(
      /is a half-precision model: give the float model that it was made from, float \(float@/,
    );
  });
});
