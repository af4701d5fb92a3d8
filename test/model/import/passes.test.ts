import { describe, expect, it } from 'vitest';
import { floatAttribute, intAttribute, intsAttribute } from '../../../model/graph/attribute.ts';
import { checkGraph, type Graph, type PassResult } from '../../../model/graph/graph.ts';
import { isOperator, makeNode } from '../../../model/graph/node.ts';
import { makeValue, tensorType } from '../../../model/graph/value.ts';
import { makeBatchDynamic } from '../../../model/import/batch/make-batch-dynamic.ts';
import { liftConstants } from '../../../model/import/file/lift-constants.ts';
import { removeDropout } from '../../../model/import/file/remove-dropout.ts';
import { removeUnusedWeights } from '../../../model/import/file/remove-unused-weights.ts';
import { removeWeightInputs } from '../../../model/import/file/remove-weight-inputs.ts';
import { exposeEmbedding } from '../../../model/import/head/expose-embedding.ts';
import { nameProbabilities } from '../../../model/import/head/name-probabilities.ts';
import { addUint8Input } from '../../../model/import/input/add-uint8-input.ts';
import { elementType } from '../../../model/onnx/element-type.ts';
import type { AttributeProto } from '../../../model/onnx/onnx_pb.ts';
import { integerData, makeTensor, tensorData, tensorShape } from '../../../model/onnx/tensor.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { publishedNetwork, withNodes } from '../../support/published-network.ts';
import { tinyNetwork, tinyPreprocess } from '../../support/tiny-model.ts';

const published = publishedNetwork({ size: 32 });
const network = removeWeightInputs(published).graph;
const uint8Options = { preprocess: tinyPreprocess(32), networkOrder: 'BGR' } as const;

const operators = ({ nodes }: Graph) => nodes.map(({ opType }) => opType);

function expectRejected(pass: (graph: Graph) => PassResult, graph: Graph, message: string | RegExp): void {
  expect(() => pass(graph)).toThrow(UserError);
  expect(() => pass(graph)).toThrow(message);
}

it('passes do not modify their input', () => {
  const before = structuredClone([...published.nodes]);
  const passes = [removeWeightInputs, removeDropout, makeBatchDynamic, nameProbabilities, exposeEmbedding];
  passes.reduce((graph, pass) => pass(graph).graph, published);
  expect(published.nodes).toEqual(before);
});

describe('removing weights from the inputs', () => {
  it('keeps the image, and raises the IR version to the first that allows it', () => {
    const { graph, modified } = removeWeightInputs(published);
    expect(modified).toBe(true);
    expect(graph.inputs.map(({ name }) => name)).toEqual(['data_0']);
    expect(graph.irVersion).toBe(4);
  });

  it('leaves a network without weight inputs unchanged', () => {
    const graph = tinyNetwork(4, 32);
    expect(removeWeightInputs(graph)).toEqual({ graph, modified: false });
  });
});

it('unused weights are removed', () => {
  const { graph, modified } = removeUnusedWeights(network);
  expect(modified).toBe(true);
  expect(graph.initializers.has('spare')).toBe(false);
  expect(graph.initializers.size).toBe(network.initializers.size - 1);
  expect(removeUnusedWeights(graph).modified).toBe(false);
});

it('Constant nodes become weights', () => {
  const { graph, modified } = liftConstants(addUint8Input(network, uint8Options).graph);
  expect(modified).toBe(true);
  expect(operators(graph)).not.toContain('Constant');
  expect(graph.initializers.get('image_mean')).toMatchObject({ dims: [1n, 3n, 1n, 1n], name: 'image_mean' });
  expect(() => checkGraph(graph)).not.toThrow();
});

it.each<[string, AttributeProto, number[], number[]]>([
  ['a number', intAttribute('value_int', 3), [], [3]],
  ['a list', intsAttribute('value_ints', [-1, -2]), [2], [-1, -2]],
  ['a float', floatAttribute('value_float', 0.5), [], [0.5]],
])('a Constant with %s becomes a weight', (_, attribute, shape, values) => {
  const constant = makeNode('Constant', [], ['c'], { attributes: [attribute] });
  const lifted = liftConstants({ ...network, nodes: [constant, ...network.nodes] }).graph.initializers.get('c');
  expect(lifted && tensorShape(lifted)).toEqual(shape);
  expect(lifted && Array.from<number | bigint, number>(tensorData(lifted), Number)).toEqual(values);
});

describe('removing Dropout', () => {
  it('connects its readers to its input', () => {
    const { graph } = removeDropout(network);
    expect(operators(graph)).not.toContain('Dropout');
    expect(graph.nodes.find((node) => isOperator(node, 'Reshape'))?.input[0]).toBe('pool');
  });

  it('removes two in a row', () => {
    const twice = withNodes(network, 'Dropout', ({ input }) => [
      makeNode('Dropout', input, ['once']),
      makeNode('Dropout', ['once'], ['kept']),
    ]);
    const { graph } = removeDropout(twice);
    expect(graph.nodes.find((node) => isOperator(node, 'Reshape'))?.input[0]).toBe('pool');
  });

  it('rejects one whose mask is read', () => {
    const masked = withNodes(network, 'Dropout', (node) => [node, makeNode('Not', ['kept_mask'], ['dropped'])]);
    const message = 'Dropout node with output kept cannot be removed: its mask kept_mask is used';
    expectRejected(removeDropout, masked, message);
  });

  it('removes one with a constant training input that is false', () => {
    const never = { ...makeTensor('never', [], Uint8Array.of(0)), dataType: elementType.bool };
    const nodes = withNodes(network, 'Dropout', ({ input }) => [
      makeNode('Dropout', [...input, '', 'never'], ['kept']),
    ]);
    const { graph } = removeDropout({ ...nodes, initializers: new Map([...network.initializers, ['never', never]]) });
    expect(operators(graph)).not.toContain('Dropout');
  });

  it('rejects one with another training input', () => {
    const training = withNodes(network, 'Dropout', ({ input }) => [
      makeNode('Dropout', [...input, '', 'spare'], ['kept'], { name: 'drop' }),
    ]);
    expectRejected(removeDropout, training, 'Dropout node drop has a training input: export the model for inference');
  });

  it('replaces one that produces an output of the network by an Identity, which keeps the name', () => {
    const graph = { ...network, outputs: [makeValue('kept', 'float', [1, 8, 1, 1])] };
    const { nodes } = removeDropout(graph).graph;
    expect(nodes.map(({ opType }) => opType)).not.toContain('Dropout');
    expect(nodes.find(({ output }) => output[0] === 'kept')).toMatchObject({ opType: 'Identity', output: ['kept'] });
  });
});

describe('making the batch dynamic', () => {
  it('makes inputs and outputs dynamic, drops old types, and replaces a fixed Reshape by a Flatten', () => {
    const { graph } = makeBatchDynamic(network);
    const shapes = [...graph.inputs, ...graph.outputs].map((value) => tensorType(value).shape);
    expect(shapes).toEqual([
      ['N', 3, 32, 32],
      ['N', 4],
    ]);
    expect(graph.valueInfo).toEqual([]);
    expect(graph.nodes.find(({ name }) => name === 'flatten')).toMatchObject({
      opType: 'Flatten',
      input: ['kept'],
      output: ['features'],
    });
  });

  it.each([0n, -1n])('keeps a Reshape that does not fix the batch: %s', (first) => {
    const shape = makeTensor('target_shape', [2], BigInt64Array.of(first, 8n));
    const graph = { ...network, initializers: new Map([...network.initializers, [shape.name, shape]]) };
    expect(operators(makeBatchDynamic(graph).graph)).toContain('Reshape');
  });

  it('copies the batch in a Reshape to more axes', () => {
    const shape = makeTensor('target_shape', [3], BigInt64Array.of(1n, 2n, 4n));
    const fixed = { ...network, initializers: new Map([...network.initializers, [shape.name, shape]]) };
    const { nodes, initializers } = makeBatchDynamic(fixed).graph;
    const reshape = nodes.find((node) => isOperator(node, 'Reshape'));
    expect(integerData(initializers.get(reshape?.input[1] ?? '') ?? shape)).toEqual([0, 2, 4]);
  });

  const planes = makeTensor('target_shape', [3], BigInt64Array.of(2n, 1n, 4n));
  it.each([
    [
      'a Reshape that splits an image',
      { ...network, initializers: new Map([...network.initializers, [planes.name, planes]]) },
      'Reshape node flatten has the shape [2, 1, 4]; export the model with a shape that starts with the batch',
    ],
    [
      'a Reshape to a computed shape',
      withNodes(network, 'Reshape', ({ input, output }) => [
        makeNode('Shape', ['kept'], ['computed']),
        makeNode('Reshape', [input[0] ?? '', 'computed'], output),
      ]),
      'the shape of Reshape node with output features is computed',
    ],
    [
      'a Transpose of the batch axis',
      withNodes(network, 'Relu', ({ input, output }) => [
        makeNode('Transpose', input, output, { name: 'swap', attributes: [intsAttribute('perm', [1, 0, 2, 3])] }),
      ]),
      'Transpose node swap moves the batch from the first axis: export the model with the batch first',
    ],
    [
      'a Concat of images',
      withNodes(network, 'GlobalAveragePool', ({ input, output }) => [
        makeNode('Concat', [...input, ...input], output, { attributes: [intAttribute('axis', 0)] }),
      ]),
      'Concat node with output pool may mix the images of a batch',
    ],
  ])('rejects %s', (_, graph, message) => expectRejected(makeBatchDynamic, graph, message));
});

describe('naming the probabilities', () => {
  it('renames the output of the Softmax', () => {
    const { graph } = nameProbabilities(network);
    expect(graph.outputs.map(({ name }) => name)).toEqual(['probabilities']);
    expect(graph.nodes.at(-1)).toMatchObject({ opType: 'Softmax', output: ['probabilities'] });
    expect(graph.nodes).toHaveLength(network.nodes.length);
  });

  it('appends a Softmax to logits', () => {
    const logits = { ...withNodes(network, 'Softmax', () => []), outputs: [makeValue('logits', 'float', [1, 4])] };
    const { graph } = nameProbabilities(logits);
    expect(operators(graph).slice(-2)).toEqual(['Gemm', 'Softmax']);
    expect(graph.outputs.map(({ name }) => name)).toEqual(['probabilities']);
    expect(() => checkGraph(graph)).not.toThrow();
  });

  it('rejects a network that ends in another operator', () => {
    const sigmoid = withNodes(network, 'Softmax', ({ input, output }) => [makeNode('Sigmoid', input, output)]);
    expectRejected(nameProbabilities, sigmoid, 'prob_1 has 4 scores of a Sigmoid, which do not exclude each other');
  });
});

describe('exposing the embedding', () => {
  it('adds the input of the last Gemm as an output', () => {
    const { graph } = exposeEmbedding(network);
    expect(graph.outputs.map((value) => [value.name, tensorType(value).shape])).toEqual([
      ['prob_1', [1, 4]],
      ['embedding', ['N', 8]],
    ]);
  });

  it('finds a MatMul before its bias', () => {
    const weights = makeTensor('transposed_w', [8, 4], new Float32Array(32));
    const nodes = withNodes(network, 'Gemm', ({ input, output }) => [
      makeNode('MatMul', [input[0] ?? '', 'transposed_w'], ['product']),
      makeNode('Add', ['product', 'classes_b'], output),
    ]);
    const { graph } = exposeEmbedding({
      ...nodes,
      initializers: new Map([...network.initializers, ['transposed_w', weights]]),
    });
    expect(graph.nodes.find((node) => isOperator(node, 'MatMul'))?.input[0]).toBe('embedding');
    expect(graph.outputs.map((value) => tensorType(value).shape)).toContainEqual(['N', 8]);
  });

  it('rejects a network with another last layer', () => {
    const pooled = withNodes(network, 'Gemm', ({ input, output }) => [makeNode('Relu', [input[0] ?? ''], output)]);
    expectRejected(
      exposeEmbedding,
      pooled,
      'Relu node with output logits is no last layer; export a model that ends with Gemm, MatMul or a 1×1 Conv',
    );
  });

  it('rejects computed weights', () => {
    const computed = withNodes(network, 'Gemm', ({ input, output }) => [
      makeNode('Identity', ['classes_w'], ['same_w']),
      makeNode('Gemm', [input[0] ?? '', 'same_w'], output, { name: 'classes' }),
    ]);
    expectRejected(exposeEmbedding, computed, 'Gemm node classes has no constant matrix of weights');
  });
});
