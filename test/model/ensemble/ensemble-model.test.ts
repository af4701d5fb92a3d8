import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensembleModel } from '../../../model/ensemble/ensemble-model.ts';
import { floatAttribute, intAttribute } from '../../../model/graph/attribute.ts';
import { type Graph, graphOf } from '../../../model/graph/graph.ts';
import { isOperator, makeNode } from '../../../model/graph/node.ts';
import { decodeModel } from '../../../model/onnx/model-file.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { optimizeModel } from '../../../model/optimize/optimize-model.ts';
import { makeHalfModel } from '../../../model/quantize/make-half-model.ts';
import { loadModel } from '../../../shared/models/model-directory.ts';
import { expectMean, predictions } from '../../support/member-predictions.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeMember } from '../../support/write-member.ts';

const folder = temporaryFolder();

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

  it('decodes by the rule scaled if all models do', async () => {
    const [one, other] = [await writeMember({ preprocess: { decode: 'scaled' } }), await writeMember({ channels: 5 })];
    const decodeOf = async (...sources: string[]) =>
      (await ensembleModel({ sources, out: join(folder, 'decoded'), overwrite: true })).manifest.preprocess.decode;
    expect(await decodeOf(one, await writeMember({ channels: 7, preprocess: { decode: 'scaled' } }))).toBe('scaled');
    expect(await decodeOf(one, other)).toBeUndefined();
    expect(await decodeOf(other, one)).toBeUndefined();
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

describe('an ensemble is refused, and nothing is written', () => {
  it.each<[string, () => Promise<string[]>, RegExp]>([
    ['for one model', async () => [await writeMember()], /^an ensemble needs two or more models$/],
    [
      'for a label that one model lacks',
      async () => [
        await writeMember({ name: 'x' }),
        await writeMember({ name: 'y', channels: 5, labels: ['a', 'b', 'c', 'z'] }),
      ],
      /^the labels of \S+\/x and \S+\/y differ: \S+\/y has no label d \(kind d\); give models of the same labels$/,
    ],
    [
      'for a label that the first model lacks',
      async () => [
        await writeMember({ name: 'x', labels: ['a', 'b'] }),
        await writeMember({ name: 'y', labels: ['b', 'a', 'q'] }),
      ],
      /differ: \S+\/x has no label q \(kind q\);/,
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

  it('for a rounded model', async () => {
    const source = await writeMember({ name: 'float' });
    const half = join(folder, 'half');
    await makeHalfModel({ source, out: half, images: 1 });
    const sources = [await writeMember({ channels: 5 }), half];
    await expect(ensembleModel({ sources, out: join(folder, 'refused') })).rejects.toThrow(
      /is a half-precision model: give the float model that it was made from, float \(float@/,
    );
  });

  it.each([13, 26])('for an imported int8 network of operator set %i, next to one of another set', async (opset) => {
    const rounded = (graph: Graph) => ({
      ...graph,
      opset,
      nodes: graph.nodes.flatMap((node) =>
        node.output[0] === 'relu1'
          ? [
              { ...node, output: ['exact'] },
              makeNode('QuantizeLinear', ['exact', 'step', 'zero'], ['integers']),
              makeNode('DequantizeLinear', ['integers', 'step', 'zero'], ['relu1']),
            ]
          : [node],
      ),
      initializers: new Map([
        ...graph.initializers,
        ['step', makeTensor('step', [], Float32Array.of(0.05))] as const,
        ['zero', makeTensor('zero', [], Uint8Array.of(0))] as const,
      ]),
    });
    const other = await writeMember({ channels: 5, edit: (graph) => ({ ...graph, opset: 21 }) });
    const sources = [other, await writeMember({ name: 'integers', edit: rounded })];
    const out = join(folder, 'refused');
    await expect(ensembleModel({ sources, out })).rejects.toThrow(
      /^integers@\w+ is an int8 model: give the float model that it was made from$/,
    );
    await expect(readdir(out)).rejects.toThrow('ENOENT');
  });
});
