import { axes, fused, graphCase, integers, list, pool, window } from './graph-case.ts';
import { caseWeight, type ModelCase } from './model-case.ts';

const bias = caseWeight('bias', [4]);

export const reductionCases: Readonly<Record<string, ModelCase>> = {
  MaxPool: graphCase([
    { op: 'MaxPool', input: ['image'], attr: window('SAME', [2, 2], { ksize: list([1, 3, 3, 1]) }) },
  ]),
  AvgPool: graphCase([
    { op: 'AvgPool', input: ['image'], attr: window('SAME', [2, 1], { ksize: list([1, 3, 2, 1]) }) },
  ]),
  Mean: graphCase([{ op: 'Mean', input: ['image', 'axes'], attr: { keep_dims: { b: false } } }], [axes]),
  'Mean with its axes': graphCase(
    [{ op: 'Mean', input: ['image', 'axes'], attr: { keep_dims: { b: true } } }],
    [integers('axes', [-2, -3])],
  ),
  Max: graphCase([{ op: 'Max', input: ['image', 'axes'], attr: { keep_dims: { b: false } } }], [axes]),
  MatMul: graphCase(
    [
      pool,
      { op: 'MatMul', input: ['pool', 'weights'], attr: { transpose_a: { b: false }, transpose_b: { b: false } } },
    ],
    [axes, caseWeight('weights', [3, 5])],
  ),
  'MatMul with transposed weights': graphCase(
    [pool, { op: 'MatMul', input: ['pool', 'weights'], attr: { transpose_a: { b: false }, transpose_b: { b: true } } }],
    [axes, caseWeight('weights', [5, 3])],
  ),
  _FusedMatMul: graphCase(
    [
      pool,
      {
        op: '_FusedMatMul',
        input: ['pool', 'weights', 'bias'],
        attr: { ...fused('BiasAdd', 'Relu'), transpose_a: { b: false }, transpose_b: { b: false } },
      },
    ],
    [axes, caseWeight('weights', [3, 4]), bias],
  ),
};
