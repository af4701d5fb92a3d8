import { intAttribute, intsAttribute } from '../../../../../model/graph/attribute.ts';
import { makeNode } from '../../../../../model/graph/node.ts';
import { elementType } from '../../../../../model/onnx/element-type.ts';
import { makeTensor } from '../../../../../model/onnx/tensor.ts';
import type { GradientCase } from '../check-gradient.ts';
import { type Array64, map } from '../reference/array.ts';
import { concat, sumOver, transpose } from '../reference/layers.ts';
import { oneNode, several } from './one-node.ts';

function reshaped(operator: string, from: readonly number[], to: readonly number[], second?: readonly number[]) {
  const inputs = second === undefined ? ['a'] : ['a', 'second'];
  return {
    nodes: [makeNode(operator, inputs, ['y'])],
    inputs: { a: from },
    constants: second === undefined ? [] : [makeTensor('second', [second.length], BigInt64Array.from(second, BigInt))],
    forward: (of: (name: string) => Array64) => ({ ...of('a'), shape: to }),
  };
}

function reduced(
  axes: readonly number[],
  graphCase: Pick<GradientCase, 'nodes' | 'constants' | 'opset'>,
  { keeps = false, isMean = false } = {},
): GradientCase {
  const shape = [2, 3, 4];
  const count = axes.reduce((total, axis) => total * (shape[axis] ?? 1), 1);
  return {
    ...graphCase,
    inputs: { a: shape },
    forward: (of) => {
      const total = map(sumOver(of('a'), axes), (value) => (isMean ? value / count : value));
      return keeps ? { ...total, shape: shape.map((size, axis) => (axes.includes(axis) ? 1 : size)) } : total;
    },
  };
}

const axesInput = (axes: readonly number[]) => [makeTensor('axes', [axes.length], BigInt64Array.from(axes, BigInt))];
const drops = intAttribute('keepdims', 0);

/** Reshaping, concatenation and reductions. */
export const shapes: Record<string, GradientCase> = {
  Concat: oneNode(
    'Concat',
    { a: [2, 1, 3, 2], b: [2, 4, 3, 2], c2: [2, 2, 3, 2] },
    (of) => concat([of('a'), of('b'), of('c2')]),
    [intAttribute('axis', 1)],
  ),
  'Concat, negative axis': oneNode('Concat', { a: [3, 2], b: [3, 1] }, (of) => concat([of('a'), of('b')]), [
    intAttribute('axis', -1),
  ]),
  'Concat of one value twice': several(
    [makeNode('Concat', ['a', 'a'], ['y'], { attributes: [intAttribute('axis', 1)] })],
    (a) => concat([a, a]),
  ),
  Transpose: oneNode('Transpose', { a: [2, 3, 4] }, (of) => transpose(of('a'), [2, 0, 1]), [
    intsAttribute('perm', [2, 0, 1]),
  ]),
  'Transpose, all axes': oneNode('Transpose', { a: [2, 3, 4] }, (of) => transpose(of('a'), [2, 1, 0])),
  Flatten: reshaped('Flatten', [2, 3, 4], [2, 12]),
  'Flatten after two axes': oneNode('Flatten', { a: [2, 3, 4] }, (of) => ({ ...of('a'), shape: [6, 4] }), [
    intAttribute('axis', 2),
  ]),
  Reshape: reshaped('Reshape', [2, 6], [3, 4], [3, -1]),
  'Reshape that keeps an axis': reshaped('Reshape', [2, 3, 4], [2, 12], [0, -1]),
  Squeeze: reshaped('Squeeze', [2, 1, 3, 1], [2, 3]),
  'Squeeze of one axis': reshaped('Squeeze', [2, 1, 3, 1], [2, 3, 1], [1]),
  Unsqueeze: reshaped('Unsqueeze', [2, 3], [2, 1, 3], [1]),
  ReduceSum: reduced([0, 2], {
    nodes: [makeNode('ReduceSum', ['a', 'axes'], ['y'], { attributes: [drops] })],
    constants: axesInput([0, -1]),
  }),
  'ReduceSum of all': reduced([0, 1, 2], { nodes: [makeNode('ReduceSum', ['a'], ['y'])] }, { keeps: true }),
  'ReduceSum of an empty list of axes, which means all': reduced(
    [0, 1, 2],
    { nodes: [makeNode('ReduceSum', ['a', 'axes'], ['y'])], constants: axesInput([]) },
    { keeps: true },
  ),
  'ReduceSum of an empty list of axes with noop_with_empty_axes': reduced([], {
    nodes: [makeNode('ReduceSum', ['a', 'axes'], ['y'], { attributes: [intAttribute('noop_with_empty_axes', 1)] })],
    constants: axesInput([]),
  }),
  ReduceMean: reduced(
    [1],
    { nodes: [makeNode('ReduceMean', ['a'], ['y'], { attributes: [intsAttribute('axes', [1])] })] },
    { keeps: true, isMean: true },
  ),
  'ReduceMean, axes as an input': reduced(
    [1, 2],
    {
      nodes: [makeNode('ReduceMean', ['a', 'axes'], ['y'], { attributes: [drops] })],
      constants: axesInput([-1, 1]),
      opset: 18,
    },
    { isMean: true },
  ),
  'Dropout without a training mode': oneNode('Dropout', { a: [2, 3] }, (of) => of('a')),
  'Dropout with training mode off': {
    nodes: [makeNode('Dropout', ['a', 'ratio', 'trains'], ['y', 'mask'])],
    inputs: { a: [2, 3] },
    constants: [
      makeTensor('ratio', [], Float32Array.of(0.3)),
      { ...makeTensor('trains', [], Uint8Array.of(0)), dataType: elementType.bool },
    ],
    forward: (of) => of('a'),
  },
  'Dropout with training mode off in the typed field of the tensor': {
    nodes: [makeNode('Dropout', ['a', 'ratio', 'trains'], ['y', 'mask'])],
    inputs: { a: [2, 3] },
    constants: [
      makeTensor('ratio', [], Float32Array.of(0.3)),
      {
        ...makeTensor('trains', [], Uint8Array.of(0)),
        dataType: elementType.bool,
        rawData: new Uint8Array(),
        int32Data: [0],
      },
    ],
    forward: (of) => of('a'),
  },
};
