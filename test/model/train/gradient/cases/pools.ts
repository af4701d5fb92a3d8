import { intAttribute, stringAttribute } from '../../../../../model/graph/attribute.ts';
import { makeNode } from '../../../../../model/graph/node.ts';
import type { AttributeProto } from '../../../../../model/onnx/onnx_pb.ts';
import { makeTensor } from '../../../../../model/onnx/tensor.ts';
import type { GradientCase } from '../check-gradient.ts';
import { map } from '../reference/array.ts';
import { averagePool, globalAverage, maxPool, type WindowOptions } from '../reference/windows.ts';
import { oneNode } from './one-node.ts';
import { automaticPads, type Image, windowAttributes } from './window-attributes.ts';

const operators = ['MaxPool', 'AveragePool'] as const;
export type PoolOperator = (typeof operators)[number];
const pooled = { MaxPool: maxPool, AveragePool: averagePool };

export function poolCase(operator: PoolOperator, x: Image, options: WindowOptions): GradientCase {
  return withAttributes(operator, x, options, windowAttributes(options));
}

/** The windows that `ceil_mode` adds give the same pixels as padding at the end. */
function ceiled(operator: PoolOperator): GradientCase {
  const window = { kernel: [3, 3], strides: [2, 2] } as const;
  const attributes = [...windowAttributes(window), intAttribute('ceil_mode', 1)];
  return withAttributes(operator, [1, 2, 6, 8], { ...window, pads: [0, 0, 1, 1] }, attributes);
}

function automatic(operator: PoolOperator, auto: string, pads: WindowOptions['pads']): GradientCase {
  const window = { kernel: [3, 2], strides: [2, 1] } as const;
  const attributes = [...windowAttributes(window), stringAttribute('auto_pad', auto)];
  return withAttributes(operator, [2, 2, 6, 5], pads === undefined ? window : { ...window, pads }, attributes);
}

function withAttributes(
  operator: PoolOperator,
  x: Image,
  options: WindowOptions,
  attributes: readonly AttributeProto[],
) {
  const pool = oneNode(operator, { x }, (of) => pooled[operator](of('x'), options), attributes);
  return { ...pool, spread: operator === 'MaxPool' };
}

export const pools: Record<string, GradientCase> = {
  'maximum of 2×2': poolCase('MaxPool', [2, 3, 6, 4], { kernel: [2, 2], strides: [2, 2] }),
  'maximum of overlapping 3×3': poolCase('MaxPool', [2, 2, 7, 9], { kernel: [3, 3], strides: [2, 2] }),
  'maximum of 3×3, stride 1 and padding': poolCase('MaxPool', [2, 3, 5, 4], { kernel: [3, 3], pads: [1, 1, 1, 1] }),
  'maximum where the last window reads padding': poolCase('MaxPool', [1, 2, 6, 8], {
    kernel: [3, 3],
    strides: [2, 2],
    pads: [0, 0, 1, 1],
  }),
  'maximum of dilated windows': poolCase('MaxPool', [1, 2, 7, 7], {
    kernel: [2, 3],
    dilations: [2, 2],
    strides: [1, 2],
  }),
  'maximum with a remainder': poolCase('MaxPool', [1, 2, 8, 9], { kernel: [2, 2], strides: [3, 3] }),
  'strides of 1 and 2': poolCase('MaxPool', [2, 2, 5, 6], { kernel: [3, 2], strides: [1, 2], pads: [1, 0, 1, 0] }),
  'mean of 2×2': poolCase('AveragePool', [2, 3, 6, 4], { kernel: [2, 2], strides: [2, 2] }),
  'mean of 5×5 with stride 3, as before the auxiliary classifiers': poolCase('AveragePool', [1, 2, 14, 14], {
    kernel: [5, 5],
    strides: [3, 3],
  }),
  'mean without the padding': poolCase('AveragePool', [2, 2, 5, 6], {
    kernel: [3, 3],
    pads: [1, 1, 1, 1],
    countIncludePad: false,
  }),
  'mean with the padding': poolCase('AveragePool', [2, 2, 5, 6], {
    kernel: [3, 3],
    pads: [1, 1, 1, 1],
    countIncludePad: true,
  }),
  'mean of uneven windows': poolCase('AveragePool', [1, 2, 6, 7], {
    kernel: [2, 3],
    pads: [1, 0, 0, 2],
    countIncludePad: true,
  }),
  'mean of each channel': oneNode('GlobalAveragePool', { x: [2, 3, 4, 5] }, (of) => globalAverage(of('x'))),
  'maximum of negative pixels next to padding': {
    nodes: [
      makeNode('Sub', ['x', 'depth'], ['low']),
      makeNode('MaxPool', ['low'], ['y'], { attributes: windowAttributes({ kernel: [3, 3], pads: [1, 1, 1, 1] }) }),
    ],
    inputs: { x: [2, 2, 4, 3] },
    spread: true,
    constants: [makeTensor('depth', [], Float32Array.of(5))],
    forward: (of) =>
      maxPool(
        map(of('x'), (value) => value - 5),
        { kernel: [3, 3], pads: [1, 1, 1, 1] },
      ),
  },
  'maximum of 1×1': poolCase('MaxPool', [3, 1, 3, 4], { kernel: [1, 1], strides: [2, 2] }),
  'maximum of a window larger than a side': poolCase('MaxPool', [3, 1, 2, 7], {
    kernel: [4, 3],
    strides: [2, 3],
    pads: [1, 0, 1, 0],
  }),
  'mean where the last window reads padding': poolCase('AveragePool', [3, 1, 6, 8], {
    kernel: [3, 3],
    strides: [2, 2],
    pads: [0, 0, 1, 1],
  }),
  'mean with a stride larger than the window, with counted padding': poolCase('AveragePool', [3, 2, 7, 8], {
    kernel: [3, 2],
    strides: [3, 3],
    pads: [1, 0, 1, 1],
    countIncludePad: true,
  }),
  'mean of dilated windows': {
    ...poolCase('AveragePool', [1, 2, 6, 8], { kernel: [2, 3], dilations: [2, 2], countIncludePad: false }),
    opset: 19,
  },
  'mean of dilated windows with padding': {
    ...poolCase('AveragePool', [2, 1, 6, 7], {
      kernel: [3, 3],
      dilations: [2, 2],
      pads: [1, 1, 2, 2],
      countIncludePad: true,
    }),
    opset: 19,
  },
  'mean of a partial last window, with counted padding': withAttributes(
    'AveragePool',
    [1, 2, 6, 8],
    // The specification does not count pixels beyond the padding.
    { kernel: [3, 3], strides: [2, 2], pads: [0, 0, 1, 1] },
    [...windowAttributes({ kernel: [3, 3], strides: [2, 2], countIncludePad: true }), intAttribute('ceil_mode', 1)],
  ),
  'mean of each channel of one image': oneNode('GlobalAveragePool', { x: [1, 1, 5, 1] }, (of) =>
    globalAverage(of('x')),
  ),
  ...Object.fromEntries(operators.map((operator) => [`${operator} of a partial last window`, ceiled(operator)])),
  ...Object.fromEntries(
    operators.flatMap((operator) =>
      automaticPads.map(([auto, pads]) => [`${operator} with padding ${auto}`, automatic(operator, auto, pads)]),
    ),
  ),
};
