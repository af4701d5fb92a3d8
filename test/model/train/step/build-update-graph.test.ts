import { describe, expect, it } from 'vitest';
import { buildUpdateGraph } from '../../../../model/train/step/build-update-graph.ts';
import type { Layout } from '../../../../model/train/step/parameters.ts';
import type { UpdateRule } from '../../../../model/train/step/update-rule.ts';
import { scalar, vector } from '../../../../model/train/workers/runtime.ts';
import { floatsOf, runGraph } from '../gradient/run-graph.ts';

const layout: Layout = { weights: [{ name: 'w', shape: [2], offset: 0, size: 2, decays: true }], statistics: [] };
const sgd: UpdateRule = { momentum: 0.9, rmsProp: undefined, maxGradientNorm: undefined };
const rmsProp: UpdateRule = { ...sgd, rmsProp: { decay: 0.9, epsilon: 1 } };
const start = { weights: [1, -2], velocity: [0, 0], average: [1, -2] };

type State = Readonly<Record<string, readonly number[]>>;

/** @param gradients one per batch */
async function update(rule: UpdateRule, state: State, gradients: readonly (readonly number[])[]): Promise<State> {
  const batches = gradients.length;
  const graph = buildUpdateGraph(layout, { ...rule, batches });
  const inputs = gradients.map(
    (gradient, index) => [batches === 1 ? 'gradient' : `gradient_${index}`, gradient] as const,
  );
  const feeds = Object.fromEntries(
    [...Object.entries(state), ...inputs].map(([name, values]) => [name, vector(Float32Array.from(values))]),
  );
  const rates = { learning_rate: scalar(0.5), average_rate: scalar(0.25) };
  const names = Object.keys(state);
  const results = await runGraph(
    graph,
    names.map((name) => `next_${name}`),
    { ...feeds, ...rates },
  );
  return Object.fromEntries(names.map((name) => [name, [...floatsOf(results, `next_${name}`)]]));
}

function expectState(state: State, expected: State): void {
  expect(Object.keys(state)).toEqual(Object.keys(expected));
  for (const [name, values] of Object.entries(expected)) {
    for (const [index, value] of values.entries()) expect(state[name]?.[index], name).toBeCloseTo(value, 5);
  }
}

describe('an update', () => {
  it('adds the gradient to the velocity', async () => {
    const first = await update(sgd, start, [[3, -4]]);
    expectState(first, { weights: [-0.5, 0], velocity: [3, -4], average: [0.625, -1.5] });
    expectState(await update(sgd, first, [[1, 0]]), {
      weights: [-2.35, 1.8],
      velocity: [3.7, -3.6],
      average: [-0.11875, -0.675],
    });
  });

  it('divides the gradient by the root of its average square with RMSProp', async () => {
    // By hand: s = 0.1 · 9 and 0.1 · 16; the velocity is 3 / √(0.9 + 1) and −4 / √(1.6 + 1).
    const first = await update(rmsProp, { ...start, squares: [0, 0] }, [[3, -4]]);
    expectState(first, {
      weights: [-0.0882144, -0.7596527],
      velocity: [2.1764288, -2.4806947],
      average: [0.7279464, -1.6899132],
      squares: [0.9, 1.6],
    });
    // s = 0.9 · 0.9 + 0.1 · 1 and 0.9 · 1.6; the velocity is 0.9 · 2.1764288 + 1 / √1.91 and 0.9 · −2.4806947.
    expectState(await update(rmsProp, first, [[1, 0]]), {
      weights: [-1.4293951, 0.3566599],
      velocity: [2.6823614, -2.2326252],
      average: [0.188611, -1.1782699],
      squares: [0.91, 1.44],
    });
  });

  it('scales a long gradient to the maximum norm, and keeps a shorter one', async () => {
    const clipping = { ...sgd, maxGradientNorm: 2 };
    expectState(await update(clipping, start, [[3, -4]]), {
      weights: [0.4, -1.2],
      velocity: [1.2, -1.6],
      average: [0.85, -1.8],
    });
    const short = [0.3, -0.4];
    expect(await update(clipping, start, [short])).toEqual(await update(sgd, start, [short]));
    expect(await update(clipping, start, [[0, 0]])).toEqual(await update(sgd, start, [[0, 0]]));
  });

  it('clips the mean of several gradients, not each of them', async () => {
    const clipping = { ...sgd, maxGradientNorm: 2 };
    expect(
      await update(clipping, start, [
        [6, -8],
        [-6, 8],
      ]),
    ).toEqual(await update(sgd, start, [[0, 0]]));
    expect(
      await update(clipping, start, [
        [6, 0],
        [0, -8],
      ]),
    ).toEqual(await update(clipping, start, [[3, -4]]));
  });
});
