import { floatAttribute, intAttribute, stringAttribute } from '../../../../../model/graph/attribute.ts';
import { makeNode } from '../../../../../model/graph/node.ts';
import { makeTensor } from '../../../../../model/onnx/tensor.ts';
import type { GradientCase } from '../check-gradient.ts';
import { type Array64, map, zip } from '../reference/array.ts';
import { crossEntropy, matMul, softmax, transpose } from '../reference/layers.ts';
import { oneNode } from './one-node.ts';

interface GemmOptions {
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly alpha?: number;
  readonly beta?: number;
}

/** [3, 5] times [5, 4]. @param bias its shape; undefined without a bias */
function gemmCase(options: GemmOptions, bias?: readonly number[]): GradientCase {
  const { transA = false, transB = false, alpha = 1, beta = 1 } = options;
  const attributes = [
    ...(transA ? [intAttribute('transA', 1)] : []),
    ...(transB ? [intAttribute('transB', 1)] : []),
    ...(options.alpha === undefined ? [] : [floatAttribute('alpha', alpha)]),
    ...(options.beta === undefined ? [] : [floatAttribute('beta', beta)]),
  ];
  const inputs = { x: transA ? [5, 3] : [3, 5], w: transB ? [4, 5] : [5, 4], ...(bias ? { b: bias } : {}) };
  const forward: GradientCase['forward'] = (of) => {
    const operand = (name: string, transposed: boolean) => (transposed ? transpose(of(name), [1, 0]) : of(name));
    const product = map(matMul(operand('x', transA), operand('w', transB)), (value) => alpha * value);
    return bias === undefined ? product : zip(product, of('b'), (value, shift) => value + beta * shift);
  };
  return oneNode('Gemm', inputs, forward, attributes);
}

/** @param shape of the result, without the axis of a vector */
function vectorCase(a: readonly number[], b: readonly number[], shape: readonly number[]): GradientCase {
  return oneNode('MatMul', { a, b }, (of) => {
    const row = a.length === 1 ? { ...of('a'), shape: [1, ...a] } : of('a');
    const column = b.length === 1 ? { ...of('b'), shape: [...b, 1] } : of('b');
    return { ...matMul(row, column), shape };
  });
}

const labels = [1, 0, 4, 4];

/** The loss of scores [4, 5], multiplied by a factor. */
function lossCase(reduction: 'mean' | 'sum' | undefined, factor = 1): GradientCase {
  const attributes = reduction === undefined ? [] : [stringAttribute('reduction', reduction)];
  return {
    nodes: [
      makeNode('Mul', ['x', 'factor'], ['scores']),
      makeNode('SoftmaxCrossEntropyLoss', ['scores', 'labels'], ['y'], { attributes }),
    ],
    inputs: { x: [4, 5] },
    integers: { labels },
    constants: [makeTensor('factor', [], Float32Array.of(factor))],
    forward: (of) => {
      const scores = map(of('x'), (value) => factor * value);
      return map(crossEntropy(scores, labels), (loss) => (reduction === 'sum' ? labels.length * loss : loss));
    },
  };
}

function channelsLast(image: Array64): Array64 {
  return transpose(image, [0, 2, 3, 1]);
}

export const products: Record<string, GradientCase> = {
  'Gemm, plain': gemmCase({}, [4]),
  'Gemm, weights transposed': gemmCase({ transB: true }, [4]),
  'Gemm, input transposed, with factors': gemmCase({ transA: true, alpha: 0.5, beta: 2 }, [3, 1]),
  'Gemm, both transposed': gemmCase({ transA: true, transB: true }),
  'Gemm, scalar bias': gemmCase({ transB: true, alpha: -1.5 }, []),
  'Gemm, row bias': gemmCase({ beta: 0.5 }, [1, 4]),
  'Gemm, matrix bias': gemmCase({ alpha: 3 }, [3, 4]),
  MatMul: oneNode('MatMul', { x: [3, 5], w: [5, 2] }, (of) => matMul(of('x'), of('w'))),
  'MatMul of many by one': oneNode('MatMul', { x: [2, 3, 4, 5], w: [5, 2] }, (of) => matMul(of('x'), of('w'))),
  'MatMul of one by many': oneNode('MatMul', { x: [4, 5], w: [2, 5, 2] }, (of) => matMul(of('x'), of('w'))),
  'MatMul, broadcast': oneNode('MatMul', { x: [2, 1, 3, 4], w: [3, 4, 2] }, (of) => matMul(of('x'), of('w'))),
  'MatMul by itself': {
    nodes: [makeNode('MatMul', ['x', 'x'], ['y'])],
    inputs: { x: [3, 3] },
    forward: (of) => matMul(of('x'), of('x')),
  },
  'MatMul of a matrix by a vector': vectorCase([3, 4], [4], [3]),
  'MatMul of a vector by a matrix': vectorCase([4], [4, 3], [3]),
  'MatMul of two vectors': vectorCase([4], [4], []),
  'MatMul of many by a vector': vectorCase([2, 3, 4], [4], [2, 3]),
  'MatMul of a vector by many': vectorCase([4], [2, 4, 3], [2, 3]),
  Softmax: oneNode('Softmax', { x: [3, 5] }, (of) => softmax(of('x'))),
  'Softmax over channels': oneNode(
    'Softmax',
    { x: [2, 3, 2, 2] },
    (of) => transpose(softmax(channelsLast(of('x'))), [0, 3, 1, 2]),
    [intAttribute('axis', 1)],
  ),
  LogSoftmax: oneNode('LogSoftmax', { x: [3, 5] }, (of) => map(softmax(of('x')), Math.log)),
  'LogSoftmax over channels': oneNode(
    'LogSoftmax',
    { x: [2, 3, 2, 2] },
    (of) => map(transpose(softmax(channelsLast(of('x'))), [0, 3, 1, 2]), Math.log),
    [intAttribute('axis', 1)],
  ),
  SoftmaxCrossEntropyLoss: lossCase(undefined),
  'SoftmaxCrossEntropyLoss, the mean': lossCase('mean'),
  'SoftmaxCrossEntropyLoss, the sum': lossCase('sum'),
  'SoftmaxCrossEntropyLoss of scores far apart': lossCase('mean', 30),
};
