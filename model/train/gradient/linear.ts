import { getFloat, getInt } from '../../graph/attribute.ts';
import { type Derivative, input } from './derivative.ts';
import type { Emitter } from './emitter.ts';

/** Y = α A B + β C, where A or B may be transposed and C is repeated. */
export const gemm: Derivative = ({ node, gradient, emit, needs }) => {
  const [alpha, beta] = [getFloat(node, 'alpha', 1), getFloat(node, 'beta', 1)];
  const [turnedA, turnedB] = [getInt(node, 'transA', 0) === 1, getInt(node, 'transB', 0) === 1];
  const [a, b] = [input(node, 0), input(node, 1)];
  const scaled = needs(0) || needs(1) ? emit.times(gradient, alpha) : gradient;
  const byA = () => (turnedA ? product(emit, b, scaled, turnedB, true) : product(emit, scaled, b, false, !turnedB));
  const byB = () => (turnedB ? product(emit, scaled, a, true, turnedA) : product(emit, a, scaled, !turnedA, false));
  return [
    needs(0) ? byA() : undefined,
    needs(1) ? byB() : undefined,
    needs(2) ? emit.sumTo(emit.times(gradient, beta), emit.shape(input(node, 2))) : undefined,
  ];
};

function product(emit: Emitter, one: string, other: string, turnOne: boolean, turnOther: boolean): string {
  const rows = emit.shape(one)[turnOne ? 1 : 0] ?? 0;
  const columns = emit.shape(other)[turnOther ? 0 : 1] ?? 0;
  return emit.add('Gemm', [one, other], [rows, columns], { transA: Number(turnOne), transB: Number(turnOther) });
}

/** Y = A B over the last two axes; the others are repeated as NumPy repeats them. */
export const matMul: Derivative = ({ node, gradient, emit, needs }) => {
  const [a, b] = [input(node, 0), input(node, 1)];
  const [shapeA, shapeB] = [emit.shape(a), emit.shape(b)];
  // A vector is a matrix of one row before the other, of one column behind it.
  const matrixA = emit.reshape(a, shapeA.length === 1 ? [1, ...shapeA] : shapeA);
  const matrixB = emit.reshape(b, shapeB.length === 1 ? [...shapeB, 1] : shapeB);
  const given = emit.shape(gradient);
  const repeated = given.slice(0, given.length - (shapeA.length === 1 ? 0 : 1) - (shapeB.length === 1 ? 0 : 1));
  const rows = emit.shape(matrixA).at(-2) ?? 0;
  const columns = emit.shape(matrixB).at(-1) ?? 0;
  const inner = emit.shape(matrixA).at(-1) ?? 0;
  const whole = emit.reshape(gradient, [...repeated, rows, columns]);
  const byA = () => emit.add('MatMul', [whole, turned(emit, matrixB)], [...repeated, rows, inner]);
  const byB = () => emit.add('MatMul', [turned(emit, matrixA), whole], [...repeated, inner, columns]);
  return [
    needs(0) ? emit.reshape(emit.sumTo(byA(), emit.shape(matrixA)), shapeA) : undefined,
    needs(1) ? emit.reshape(emit.sumTo(byB(), emit.shape(matrixB)), shapeB) : undefined,
  ];
};

function turned(emit: Emitter, matrix: string): string {
  const axes = [...emit.shape(matrix).keys()];
  return emit.transpose(matrix, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}
