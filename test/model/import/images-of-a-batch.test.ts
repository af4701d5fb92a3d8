import { describe, expect, it } from 'vitest';
import { intAttribute, intsAttribute } from '../../../model/graph/attribute.ts';
import { emptyGraph, type Graph } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import { makeBatchDynamic } from '../../../model/import/batch/make-batch-dynamic.ts';
import { elementType } from '../../../model/onnx/element-type.ts';
import type { AttributeProto, TensorProto } from '../../../model/onnx/onnx_pb.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';

const integers = (name: string, ...values: number[]) =>
  makeTensor(name, [values.length], BigInt64Array.from(values, BigInt));
const floats = (name: string, ...values: number[]) => makeTensor(name, [values.length], Float32Array.from(values));

interface OneNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly attributes?: readonly AttributeProto[];
  readonly constants: readonly TensorProto[];
}

/** A network of one node on images [2, 3, 4, 4]. */
function madeDynamic({ operator, inputs, attributes = [], constants }: OneNode): Graph {
  const graph: Graph = {
    ...emptyGraph('test', { irVersion: 8, opset: 18 }),
    inputs: [makeValue('image', 'float', [2, 3, 4, 4])],
    outputs: [makeValue('result', 'float', [2, 3, 8, 8])],
    nodes: [makeNode(operator, inputs, ['result'], { attributes })],
    initializers: new Map(constants.map((tensor) => [tensor.name, tensor])),
  };
  const image = { dataType: elementType.float, shape: [2, 3, 4, 4] };
  return makeBatchDynamic(graph, new Map([['image', image]]), 2).graph;
}

const resize = (inputs: readonly string[], constant: TensorProto, axes?: readonly number[]): OneNode => ({
  ...{ operator: 'Resize', inputs: ['image', '', ...inputs], constants: [constant] },
  attributes: axes === undefined ? [] : [intsAttribute('axes', axes)],
});
const concat = (shape: readonly number[], axis: number): OneNode => ({
  ...{ operator: 'Concat', inputs: ['image', 'extra'], attributes: [intAttribute('axis', axis)] },
  constants: [makeTensor('extra', shape, new Float32Array(shape.reduce((count, size) => count * size, 1)))],
});

describe('a Resize', () => {
  it.each([
    ['scales of height and width', resize(['scales'], floats('scales', 1, 1, 2, 2))],
    ['sizes of listed axes', resize(['', 'sizes'], integers('sizes', 8, 8), [2, 3])],
    ['sizes of the published batch', resize(['', 'sizes'], integers('sizes', 2, 3, 8, 8))],
  ])('can have %s', (_, node) => expect(madeDynamic(node).nodes.at(-1)?.opType).toBe('Resize'));

  it.each([
    ['scales of the batch', resize(['scales'], floats('scales', 2, 1, 2, 2))],
    ['a listed batch', resize(['', 'sizes'], integers('sizes', 4, 8), [0, 2])],
    ['sizes of another batch', resize(['', 'sizes'], integers('sizes', 4, 3, 8, 8))],
  ])('is refused with %s', (_, node) => {
    expect(() => madeDynamic(node)).toThrow('Resize node with output result may resize across the images of a batch');
  });
});

describe('a Concat of images and a constant', () => {
  it('repeats a constant of one row', () => {
    expect(madeDynamic(concat([1, 2, 4, 4], 1)).nodes.map(({ opType }) => opType)).toContain('Expand');
  });

  it.each([
    ['another constant for each image of the batch', concat([2, 2, 4, 4], 1)],
    ['a further image', concat([1, 3, 4, 4], 0)],
  ])('is refused with %s', (_, node) => {
    expect(() => madeDynamic(node)).toThrow('Concat node with output result may mix the images of a batch');
  });
});
