import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { intAttribute, intsAttribute } from '../../../../model/graph/attribute.ts';
import { type Graph, graphOf, modelOf } from '../../../../model/graph/graph.ts';
import { makeNode } from '../../../../model/graph/node.ts';
import { findReducedPrecision } from '../../../../model/graph/require-float.ts';
import { importModel } from '../../../../model/import/import-model.ts';
import { openPublished } from '../../../../model/import/published-network.ts';
import { decodeModel, encodeModel } from '../../../../model/onnx/model-file.ts';
import { makeTensor } from '../../../../model/onnx/tensor.ts';
import { verifyModel } from '../../../../model/verify/verify-model.ts';
import { UserError } from '../../../../shared/failures/user-error.ts';
import { writeExternal } from '../../../support/external-form.ts';
import {
  append,
  formClasses,
  formFeatures,
  plainForm,
  prepend,
  withOutputs,
  withWeights,
  writeGraph,
} from '../../../support/import-forms.ts';
import { expectSameProbabilities, feeds, formOptions, repeated, softmax } from '../../../support/import-oracle.ts';
import { halfForm, quantizedForm } from '../../../support/quantized-form.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const plain = { feed: feeds.color, probabilities: softmax };
const integers = (name: string, ...values: number[]) =>
  makeTensor(name, [values.length], BigInt64Array.from(values, BigInt));

describe('the file of a published classifier', () => {
  it('can keep its weights in another file', async () => {
    const folder = temporaryFolder();
    const { source, data } = await writeExternal(folder, plainForm());
    await writeFile(join(folder, 'weights.data'), data);
    const { manifest } = await expectSameProbabilities(source, plain);
    const whole = await writeGraph(folder, plainForm(), 'whole.onnx');
    const inOneFile = await expectSameProbabilities(whole, plain);
    expect(manifest.sha256).toBe(inOneFile.manifest.sha256);
  });

  it('can have its nodes in any order', async () => {
    const model = modelOf(plainForm());
    if (model.graph === undefined) throw new Error('expected a graph');
    const folder = temporaryFolder();
    const source = join(folder, 'published.onnx');
    await writeFile(source, encodeModel({ ...model, graph: { ...model.graph, node: model.graph.node.toReversed() } }));
    await expectSameProbabilities(source, plain);
  });

  it.each([7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26])(
    'can be of operator set %i',
    async (opset) => {
      const source = await writeGraph(temporaryFolder(), plainForm({ opset }));
      await expectSameProbabilities(source, plain);
    },
  );

  it('is refused with a Split of another number of parts, for which onnxruntime would abort the process', async () => {
    const parts = intAttribute('num_outputs', 3);
    const graph = prepend(plainForm({ opset: 18 }), ['Split', ['pixels'], 's', intAttribute('axis', 2), parts]);
    const source = await writeGraph(temporaryFolder(), graph);
    await expect(importModel({ source, ...formOptions, out: `${source}-out` })).rejects.toThrow(
      'Split node with output s states 3 parts, but its outputs are 1: the file is damaged; export the model again',
    );
  });

  it.each([6, 27])('is refused with operator set %i', async (opset) => {
    const folder = temporaryFolder();
    const source = await writeGraph(folder, { ...plainForm(), opset });
    const imported = importModel({ source, ...formOptions, out: join(folder, 'out') });
    await expect(imported).rejects.toThrow(
      `operator set ${opset} is not supported: export the model with operator set 7 to 26`,
    );
  });
});

describe('a fixed batch', () => {
  const flattened = ({ nodes, ...graph }: Graph, ...shape: number[]): Graph =>
    withWeights(
      {
        ...graph,
        nodes: nodes.map((node) =>
          node.opType === 'Flatten'
            ? { ...node, opType: 'Reshape', input: [node.input[0] ?? '', 'target'], attribute: [] }
            : node,
        ),
      },
      integers('target', ...shape),
    );

  it.each<[string, Graph, number]>([
    ['1', plainForm({ batch: 1 }), 1],
    ['8', plainForm({ batch: 8 }), 8],
    ['8, also in a Reshape', flattened(plainForm({ batch: 8 }), 8, formFeatures), 8],
    ['8, also in a Reshape that infers the rest', flattened(plainForm({ batch: 8 }), 8, -1), 8],
    ['8, also in a Reshape that infers the batch', flattened(plainForm({ batch: 8 }), -1, formFeatures), 8],
  ])('of %s is freed', async (_, graph, batch) => {
    const source = await writeGraph(temporaryFolder(), graph);
    await expectSameProbabilities(source, { feed: repeated(feeds.color, batch), probabilities: softmax });
  });

  it('is refused if it moves from the first axis, with what to do', async () => {
    const perm = intsAttribute('perm', [1, 0, 2, 3]);
    const rows = [
      ['Transpose', ['pixels'], 'front', perm],
      ['Relu', ['front'], 'kept'],
      ['Transpose', ['kept'], 'back', perm],
    ] as const;
    const source = await writeGraph(temporaryFolder(), prepend(plainForm(), ...rows));
    await expect(importModel({ source, ...formOptions, out: `${source}-out` })).rejects.toThrow(
      'Transpose node with output front moves the batch from the first axis: export the model with the batch first in every value',
    );
  });

  it('is refused if the images of a batch are mixed', async () => {
    const folder = temporaryFolder();
    const mixed = prepend(
      plainForm({ batch: 2 }),
      ['ReduceMean', ['pixels'], 'mean', intsAttribute('axes', [0])],
      ['Add', ['pixels', 'mean'], 'sum'],
    );
    const source = await writeGraph(folder, mixed);
    const imported = importModel({ source, ...formOptions, out: join(folder, 'out') });
    await expect(imported).rejects.toThrow('ReduceMean node with output mean may mix the images of a batch');
  });
});

describe('a network in another number format', () => {
  it('is widened from float16', async () => {
    const folder = temporaryFolder();
    const source = await writeGraph(folder, halfForm('inside'));
    const { network } = await expectSameProbabilities(source, { ...plain, tolerance: 2e-3 });
    const operators = graphOf(decodeModel(network));
    expect(findReducedPrecision(operators)).toBeUndefined();
    expect(operators.nodes.filter(({ opType }) => opType === 'Cast')).toHaveLength(1);
  });

  it('is widened from float16 with a float16 image, to the same network', async () => {
    const folder = temporaryFolder();
    const [all, inside] = [
      await writeGraph(folder, halfForm('all'), 'all.onnx'),
      await writeGraph(folder, halfForm('inside'), 'inside.onnx'),
    ];
    const imported = await importModel({ source: all, ...formOptions, out: join(folder, 'all') });
    const other = await importModel({ source: inside, ...formOptions, out: join(folder, 'inside') });
    expect(imported.parity.maxDifference).toBeLessThan(2e-3);
    expect(imported.manifest.knownAnswer).toEqual({ ...other.manifest.knownAnswer });
    const report = await verifyModel(join(folder, 'all'), { against: all });
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
  });

  it('is refused before it is widened if it would have 2 GB or more', async () => {
    const graph = halfForm('inside');
    const initializers = new Map(
      Array.from(
        graph.initializers,
        ([name, tensor]) => [name, { ...tensor, dims: new Array<bigint>(2).fill(30_000n) }] as const,
      ),
    );
    const model = modelOf({ ...graph, initializers });
    const file = { file: 'a.onnx', path: 'folder/a.onnx', model, runnable: 'a.onnx', bytes: 0, sha256: '' };
    await expect(openPublished(file)).rejects.toThrow(
      /^folder\/a\.onnx has 21\.6 GB of weights: a network in one ONNX file/,
    );
  });

  it.each(['QDQ', 'QLinearMatMul'] as const)('stays in int8, and is marked so: %s', async (head) => {
    const folder = temporaryFolder();
    const source = await writeGraph(folder, quantizedForm(head));
    const { network, manifest } = await expectSameProbabilities(source, { ...plain, tolerance: 1e-3 });
    expect(findReducedPrecision(graphOf(decodeModel(network)))).toBe('int8');
    expect(manifest.knownAnswer?.precision).toBe('int8');
    expect(manifest.outputs.embeddingSize).toBe(formFeatures);
  });

  it('is refused with ranges that depend on the batch', async () => {
    const folder = temporaryFolder();
    const graph = plainForm();
    const dynamic = {
      ...graph,
      nodes: [
        makeNode('DynamicQuantizeLinear', ['pixels'], ['q', 'q_scale', 'q_zero'], { name: 'ranges' }),
        ...graph.nodes,
      ],
    };
    const used = withOutputs(
      append(
        dynamic,
        ['Cast', ['q'], 'c', intAttribute('to', 1)],
        ['ReduceMean', ['c'], 'm', intsAttribute('axes', [1, 2, 3]), intAttribute('keepdims', 0)],
        ['Mul', ['logits', 'm'], 'z'],
      ),
      ['z', 'float', ['N', formClasses]],
    );
    const source = await writeGraph(folder, used);
    const imported = importModel({ source, ...formOptions, out: join(folder, 'out') });
    await expect(imported).rejects.toThrow(UserError);
    await expect(imported).rejects.toThrow(
      /is quantized already, .* \(DynamicQuantizeLinear node ranges\): import the float model/,
    );
  });
});
