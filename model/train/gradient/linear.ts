import { getFloat, getInt } from '../../graph/attribute.ts';
import { type Derivative, input } from './derivative.ts';
import type { Emitter } from './emitter.ts';

/** Y = α A B + β C, where A or B may be transposed and C is broadcast. */
export const gemm: Derivative = ({ node, gradient, emit, needs }) => {
  const [alpha, beta] = [getFloat(node, 'alpha', 1), getFloat(node, 'beta', 1)];
  const [transA, transB] = [getInt(node, 'transA', 0) === 1, getInt(node, 'transB', 0) === 1];
  const [a, b] = [input(node, 0), input(node, 1)];
  const scaled = needs(0) || needs(1) ? emit.times(gradient, alpha) : gradient;
  const gradientA = () => (transA ? product(emit, b, scaled, transB, true) : product(emit, scaled, b, false, !transB));
  const gradientB = () => (transB ? product(emit, scaled, a, true, transA) : product(emit, a, scaled, !transA, false));
  return [
    needs(0) ? gradientA() : undefined,
    needs(1) ? gradientB() : undefined,
    needs(2) ? emit.sumTo(emit.times(gradient, beta), emit.shape(input(node, 2))) : undefined,
  ];
};

function product(emit: Emitter, a: string, b: string, transA: boolean, transB: boolean): string {
  const rows = emit.shape(a)[transA ? 1 : 0] ?? 0;
  const columns = emit.shape(b)[transB ? 0 : 1] ?? 0;
  return emit.add('Gemm', [a, b], [rows, columns], { transA: Number(transA), transB: Number(transB) });
}

/** Y = A B over the last two axes; the other axes are broadcast as in NumPy. */
export const matMul: Derivative = ({ node, gradient, emit, needs }) => {
  const [a, b] = [input(node, 0), input(node, 1)];
  const [shapeA, shapeB] = [emit.shape(a), emit.shape(b)];
  // A vector on the left is a matrix with one row, on the right with one column.
  const matrixA = emit.reshape(a, shapeA.length === 1 ? [1, ...shapeA] : shapeA);
  const matrixB = emit.reshape(b, shapeB.length === 1 ? [...shapeB, 1] : shapeB);
  const shape = emit.shape(gradient);
  const broadcast = shape.slice(0, shape.length - (shapeA.length === 1 ? 0 : 1) - (shapeB.length === 1 ? 0 : 1));
  const rows = emit.shape(matrixA).at(-2) ?? 0;
  const columns = emit.shape(matrixB).at(-1) ?? 0;
  const inner = emit.shape(matrixA).at(-1) ?? 0;
  const matrix = emit.reshape(gradient, [...broadcast, rows, columns]);
  const gradientA = () => emit.add('MatMul', [matrix, transposed(emit, matrixB)], [...broadcast, rows, inner]);
  const gradientB = () => emit.add('MatMul', [transposed(emit, matrixA), matrix], [...broadcast, inner, columns]);
  return [
    needs(0) ? emit.reshape(emit.sumTo(gradientA(), emit.shape(matrixA)), shapeA) : undefined,
    needs(1) ? emit.reshape(emit.sumTo(gradientB(), emit.shape(matrixB)), shapeB) : undefined,
  ];
};

function transposed(emit: Emitter, matrix: string): string {
  const axes = [...emit.shape(matrix).keys()];
  return emit.transpose(matrix, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}
