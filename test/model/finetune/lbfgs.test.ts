import { describe, expect, it } from 'vitest';
import { minimize } from '../../../model/finetune/lbfgs.ts';

/** ½ Σ cᵢ (xᵢ − i)², whose least value is at 0, 1, 2, ... */
const bowl = (curvatures: readonly number[]) => async (point: Float64Array) => ({
  value: curvatures.reduce((sum, own, at) => sum + (own / 2) * ((point[at] ?? 0) - at) ** 2, 0),
  gradient: Float64Array.from(curvatures, (own, at) => own * ((point[at] ?? 0) - at)),
});

describe('minimize', () => {
  it('finds the known minimum of a bowl that is a thousand times steeper one way than another', async () => {
    const found = await minimize(bowl([1, 10, 100, 1000]), new Float64Array(4).fill(7), { tolerance: 1e-9 });
    expect(found.converged).toBe(true);
    for (const [at, component] of found.point.entries()) expect(component).toBeCloseTo(at, 8);
    expect(found.iterations).toBeLessThan(60);
  });

  it('finds the minimum of log-sum-exp less a linear part, where the gradient says what it must be', async () => {
    const wanted = [0.1, 0.2, 0.7];
    const found = await minimize(
      async (point) => {
        const exponentials = point.map(Math.exp);
        const sum = exponentials.reduce((total, value) => total + value, 0);
        const linear = point.reduce((total, value, at) => total + value * (wanted[at] ?? 0), 0);
        return {
          value: Math.log(sum) - linear,
          gradient: exponentials.map((value, at) => value / sum - (wanted[at] ?? 0)),
        };
      },
      new Float64Array(3),
      { tolerance: 1e-10 },
    );
    const exponentials = found.point.map(Math.exp);
    const sum = exponentials.reduce((total, value) => total + value, 0);
    for (const [at, share] of wanted.entries()) expect((exponentials[at] ?? 0) / sum).toBeCloseTo(share, 8);
  });

  it('says so when it was stopped before the end', async () => {
    const found = await minimize(bowl([1, 1e4, 3]), new Float64Array(3).fill(50), { maxIterations: 1 });
    expect(found).toMatchObject({ converged: false, iterations: 1 });
  });

  it.each([
    ['goes up where the gradient says down', (value: number) => -value],
    ['is no number', () => Number.NaN],
  ])('says so when the value %s', async (_, changed) => {
    const evaluate = async (point: Float64Array) => {
      const { value, gradient } = await bowl([1, 2])(point);
      return { value: changed(value), gradient };
    };
    expect(await minimize(evaluate, Float64Array.of(3, 3))).toMatchObject({ converged: false });
  });

  it('is at its end where all that is left is rounding', async () => {
    const evaluate = async (point: Float64Array) => {
      const { value, gradient } = await bowl([1, 2])(point);
      return { value: Math.max(value, 1e-4), gradient };
    };
    expect(await minimize(evaluate, Float64Array.of(0.001, 1), { tolerance: 1e-9 })).toMatchObject({ converged: true });
  });

  it('stays where there is nothing to gain', async () => {
    const found = await minimize(bowl([1, 2]), Float64Array.of(0, 1));
    expect(found).toMatchObject({ converged: true, iterations: 0, value: 0 });
  });
});
