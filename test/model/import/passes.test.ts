import { describe, expect, it } from 'vitest';
import { floatAttribute, intAttribute, intsAttribute } from '../../../model/graph/attribute.ts';
import { checkGraph, type Graph, type PassResult } from '../../../model/graph/graph.ts';
import { isOperator, makeNode } from '../../../model/graph/node.ts';
import { makeValue, tensorType } from '../../../model/graph/value.ts';
import { addUint8Input } from '../../../model/import/add-uint8-input.ts';
import { exposeEmbedding } from '../../../model/import/expose-embedding.ts';
import { liftConstants } from '../../../model/import/lift-constants.ts';
import { makeBatchDynamic } from '../../../model/import/make-batch-dynamic.ts';
import { nameProbabilities } from '../../../model/import/name-probabilities.ts';
import { removeDropout } from '../../../model/import/remove-dropout.ts';
import { removeUnusedWeights } from '../../../model/import/remove-unused-weights.ts';
import { removeWeightInputs } from '../../../model/import/remove-weight-inputs.ts';
import { elementType } from '../../../model/onnx/element-type.ts';
import type { AttributeProto } from '../../../model/onnx/onnx_pb.ts';
import { integerData, makeTensor, tensorData, tensorShape } from '../../../model/onnx/tensor.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { publishedNetwork, withNodes } from '../../support/published-network.ts';
import { tinyNetwork, tinyPreprocess } from '../../support/tiny-model.ts';

const published = publishedNetwork({ size: 32 });
const bare = removeWeightInputs(published).graph;
const head = { preprocess: tinyPreprocess(32), networkOrder: 'BGR' } as const;

const operators = ({ nodes }: Graph) => nodes.map(({ opType }) => opType);

function refuses(pass: (graph: Graph) => PassResult, graph: Graph, message: string | RegExp): void {
  expect(() => pass(graph)).toThrow(UserError);
  expect(() => pass(graph)).toThrow(message);
}

it('no pass changes the graph that it is given', () => {
  const before = structuredClone([...published.nodes]);
  const passes = [removeWeightInputs, removeDropout, makeBatchDynamic, nameProbabilities, exposeEmbedding];
  passes.reduce((graph, pass) => pass(graph).graph, published);
  expect(published.nodes).toEqual(before);
});

describe('dropping weights from the inputs', () => {
  it('leaves the image, and raises the IR version to the first that allows it', () => {
    const { graph, modified } = removeWeightInputs(published);
    expect(modified).toBe(true);
    expect(graph.inputs.map(({ name }) => name)).toEqual(['data_0']);
    expect(graph.irVersion).toBe(4);
  });

  it('leaves a network of today alone', () => {
    const modern = tinyNetwork(4, 32);
    expect(removeWeightInputs(modern)).toEqual({ graph: modern, modified: false });
  });
});

it('weights that nothing reads are dropped, once', () => {
  const { graph, modified } = removeUnusedWeights(bare);
  expect(modified).toBe(true);
  expect(graph.initializers.has('spare')).toBe(false);
  expect(graph.initializers.size).toBe(bare.initializers.size - 1);
  expect(removeUnusedWeights(graph).modified).toBe(false);
});

it('constants become weights', () => {
  const headed = addUint8Input(bare, head).graph;
  const { graph, modified } = liftConstants(headed);
  expect(modified).toBe(true);
  expect(operators(graph)).not.toContain('Constant');
  expect(graph.initializers.get('image_mean')).toMatchObject({ dims: [1n, 3n, 1n, 1n], name: 'image_mean' });
  expect(() => checkGraph(graph)).not.toThrow();
});

it.each<[string, AttributeProto, number[], number[]]>([
  ['a number', intAttribute('value_int', 3), [], [3]],
  ['a list', intsAttribute('value_ints', [-1, -2]), [2], [-1, -2]],
  ['a float', floatAttribute('value_float', 0.5), [], [0.5]],
])('constants given as %s become weights', (_, attribute, shape, values) => {
  const constant = makeNode('Constant', [], ['given'], { attributes: [attribute] });
  const lifted = liftConstants({ ...bare, nodes: [constant, ...bare.nodes] }).graph.initializers.get('given');
  expect(lifted && tensorShape(lifted)).toEqual(shape);
  expect(lifted && Array.from<number | bigint, number>(tensorData(lifted), Number)).toEqual(values);
});

describe('removing Dropout', () => {
  it('hands its input to its readers', () => {
    const { graph } = removeDropout(bare);
    expect(operators(graph)).not.toContain('Dropout');
    expect(graph.nodes.find((node) => isOperator(node, 'Reshape'))?.input[0]).toBe('pool');
  });

  it('follows a Dropout behind a Dropout', () => {
    const twice = withNodes(bare, 'Dropout', ({ input }) => [
      makeNode('Dropout', input, ['once']),
      makeNode('Dropout', ['once'], ['kept']),
    ]);
    const { graph } = removeDropout(twice);
    expect(graph.nodes.find((node) => isOperator(node, 'Reshape'))?.input[0]).toBe('pool');
  });

  it('refuses one whose mask is read', () => {
    const masked = withNodes(bare, 'Dropout', (node) => [node, makeNode('Not', ['kept_mask'], ['dropped'])]);
    refuses(
      removeDropout,
      masked,
      'Dropout node with output kept cannot be removed: expected its mask kept_mask to be unused',
    );
  });

  it('takes one that is told never to train', () => {
    const never = { ...makeTensor('never', [], Uint8Array.of(0)), dataType: elementType.bool };
    const told = withNodes(bare, 'Dropout', ({ input }) => [makeNode('Dropout', [...input, '', 'never'], ['kept'])]);
    const { graph } = removeDropout({ ...told, initializers: new Map([...bare.initializers, ['never', never]]) });
    expect(operators(graph)).not.toContain('Dropout');
  });

  it('refuses one that may be told to train', () => {
    const training = withNodes(bare, 'Dropout', ({ input }) => [
      makeNode('Dropout', [...input, '', 'spare'], ['kept'], { name: 'drop' }),
    ]);
    refuses(removeDropout, training, 'Dropout node drop cannot be removed: it has a training input');
  });

  it('leaves one whose output is the network’s', () => {
    const ending = { ...bare, outputs: [makeValue('kept', 'float', [1, 8, 1, 1])] };
    expect(removeDropout(ending)).toEqual({ graph: ending, modified: false });
  });
});

describe('freeing the batch', () => {
  it('frees inputs and outputs, drops old types, and flattens where the shape was fixed', () => {
    const { graph } = makeBatchDynamic(bare);
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

  it.each([0n, -1n])('leaves a Reshape that does not fix the batch: %s', (first) => {
    const shape = makeTensor('target_shape', [2], BigInt64Array.of(first, 8n));
    const graph = { ...bare, initializers: new Map([...bare.initializers, [shape.name, shape]]) };
    expect(operators(makeBatchDynamic(graph).graph)).toContain('Reshape');
  });

  it('copies the batch where a Reshape fixes it among other axes', () => {
    const shape = makeTensor('target_shape', [3], BigInt64Array.of(1n, 2n, 4n));
    const before = { ...bare, initializers: new Map([...bare.initializers, [shape.name, shape]]) };
    const { nodes, initializers } = makeBatchDynamic(before).graph;
    const reshape = nodes.find((node) => isOperator(node, 'Reshape'));
    expect(integerData(initializers.get(reshape?.input[1] ?? '') ?? shape)).toEqual([0, 2, 4]);
  });

  const planes = makeTensor('target_shape', [3], BigInt64Array.of(2n, 1n, 4n));
  it.each([
    [
      'a Reshape that takes an image apart',
      { ...bare, initializers: new Map([...bare.initializers, [planes.name, planes]]) },
      'expected Reshape node flatten to go to [1, ...], got [2, 1, 4]',
    ],
    [
      'a Reshape to a computed shape',
      withNodes(bare, 'Reshape', ({ input, output }) => [
        makeNode('Shape', ['kept'], ['computed']),
        makeNode('Reshape', [input[0] ?? '', 'computed'], output),
      ]),
      'Shape node with output computed is not known to work image by image',
    ],
    [
      'a batch that moves to another axis',
      withNodes(bare, 'Relu', ({ input, output }) => [
        makeNode('Transpose', input, output, { name: 'turn', attributes: [intsAttribute('perm', [1, 0, 2, 3])] }),
      ]),
      'Transpose node turn is not known to work image by image',
    ],
    [
      'a Concat of images',
      withNodes(bare, 'GlobalAveragePool', ({ input, output }) => [
        makeNode('Concat', [...input, ...input], output, { attributes: [intAttribute('axis', 0)] }),
      ]),
      'Concat node with output pool is not known to work image by image',
    ],
    [
      'a batch fixed at 8',
      { ...bare, inputs: [makeValue('data_0', 'float', [8, 3, 32, 32])] },
      'expected the input data_0 to have a batch of 1 or a free one, got 8',
    ],
  ])('refuses %s', (_, graph, message) => refuses(makeBatchDynamic, graph, message));
});

describe('naming the probabilities', () => {
  it('names what the Softmax gives', () => {
    const { graph } = nameProbabilities(bare);
    expect(graph.outputs.map(({ name }) => name)).toEqual(['probabilities']);
    expect(graph.nodes.at(-1)).toMatchObject({ opType: 'Softmax', output: ['probabilities'] });
    expect(graph.nodes).toHaveLength(bare.nodes.length);
  });

  it('appends the Softmax that logits lack', () => {
    const logits = { ...withNodes(bare, 'Softmax', () => []), outputs: [makeValue('logits', 'float', [1, 4])] };
    const { graph } = nameProbabilities(logits);
    expect(operators(graph).slice(-2)).toEqual(['Gemm', 'Softmax']);
    expect(graph.outputs.map(({ name }) => name)).toEqual(['probabilities']);
    expect(() => checkGraph(graph)).not.toThrow();
  });

  it('refuses a network that ends in something else', () => {
    const sigmoid = withNodes(bare, 'Softmax', ({ input, output }) => [makeNode('Sigmoid', input, output)]);
    refuses(
      nameProbabilities,
      sigmoid,
      'expected prob_1 to come from Softmax, Gemm, MatMul or a 1×1 Conv, got Sigmoid node',
    );
  });
});

describe('exposing the embedding', () => {
  it('makes what feeds the last Gemm an output', () => {
    const { graph } = exposeEmbedding(bare);
    expect(graph.outputs.map((value) => [value.name, tensorType(value).shape])).toEqual([
      ['prob_1', [1, 4]],
      ['embedding', ['N', 8]],
    ]);
  });

  it('finds a MatMul behind its bias', () => {
    const turned = makeTensor('turned_w', [8, 4], new Float32Array(32));
    const network = withNodes(bare, 'Gemm', ({ input, output }) => [
      makeNode('MatMul', [input[0] ?? '', 'turned_w'], ['product']),
      makeNode('Add', ['product', 'classes_b'], output),
    ]);
    const { graph } = exposeEmbedding({
      ...network,
      initializers: new Map([...bare.initializers, ['turned_w', turned]]),
    });
    expect(graph.nodes.find((node) => isOperator(node, 'MatMul'))?.input[0]).toBe('embedding');
    expect(graph.outputs.map((value) => tensorType(value).shape)).toContainEqual(['N', 8]);
  });

  it('refuses a network whose last layer is another', () => {
    const pooled = withNodes(bare, 'Gemm', ({ input, output }) => [makeNode('Relu', [input[0] ?? ''], output)]);
    refuses(
      exposeEmbedding,
      pooled,
      'expected the last layer to be Gemm, MatMul or a 1×1 Conv, got Relu node with output logits',
    );
  });

  it('refuses weights that are computed', () => {
    const computed = withNodes(bare, 'Gemm', ({ input, output }) => [
      makeNode('Identity', ['classes_w'], ['same_w']),
      makeNode('Gemm', [input[0] ?? '', 'same_w'], output, { name: 'classes' }),
    ]);
    refuses(exposeEmbedding, computed, 'expected constant weights with two axes in Gemm node classes');
  });
});
