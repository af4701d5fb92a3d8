import { describe, expect, it } from 'vitest';
import { minimize } from '../../../model/finetune/lbfgs.ts';

/** ½ Σ cᵢ (xᵢ − i)², with the minimum at 0, 1, 2, ... */
const quadratic = (curvatures: readonly number[]) => async (point: Float64Array) => ({
  value: curvatures.reduce((sum, curvature, at) => sum + (curvature / 2) * ((point[at] ?? 0) - at) ** 2, 0),
  gradient: Float64Array.from(curvatures, (curvature, at) => curvature * ((point[at] ?? 0) - at)),
});

describe('minimize', () => {
  it('finds the minimum of an ill-conditioned quadratic', async () => {
    const found = await minimize(quadratic([1, 10, 100, 1000]), new Float64Array(4).fill(7), { tolerance: 1e-9 });
    expect(found.converged).toBe(true);
    for (const [at, component] of found.point.entries()) expect(component).toBeCloseTo(at, 8);
    expect(found.iterations).toBeLessThan(60);
  });

  it('finds the minimum of log-sum-exp minus a linear term, where the softmax equals its coefficients', async () => {
    const shares = [0.1, 0.2, 0.7];
    const found = await minimize(
      async (point) => {
        const exponentials = point.map(Math.exp);
        const sum = exponentials.reduce((total, value) => total + value, 0);
        const linear = point.reduce((total, value, at) => total + value * (shares[at] ?? 0), 0);
        return {
          value: Math.log(sum) - linear,
          gradient: exponentials.map((value, at) => value / sum - (shares[at] ?? 0)),
        };
      },
      new Float64Array(3),
      { tolerance: 1e-10 },
    );
    const exponentials = found.point.map(Math.exp);
    const sum = exponentials.reduce((total, value) => total + value, 0);
    for (const [at, share] of shares.entries()) expect((exponentials[at] ?? 0) / sum).toBeCloseTo(share, 8);
  });

  it('reports that it did not converge within the maximum of iterations', async () => {
    const found = await minimize(quadratic([1, 1e4, 3]), new Float64Array(3).fill(50), { maxIterations: 1 });
    expect(found).toMatchObject({ converged: false, iterations: 1 });
  });

  it.each([
    ['contradicts the gradient', (value: number) => -value],
    ['is NaN', () => Number.NaN],
  ])('reports that it did not converge when the value %s', async (_, changed) => {
    const evaluate = async (point: Float64Array) => {
      const { value, gradient } = await quadratic([1, 2])(point);
      return { value: changed(value), gradient };
    };
    expect(await minimize(evaluate, Float64Array.of(3, 3))).toMatchObject({ converged: false });
  });

  it('converges when only rounding is left', async () => {
    const evaluate = async (point: Float64Array) => {
      const { value, gradient } = await quadratic([1, 2])(point);
      return { value: Math.max(value, 1e-4), gradient };
    };
    expect(await minimize(evaluate, Float64Array.of(0.001, 1), { tolerance: 1e-9 })).toMatchObject({ converged: true });
  });

  it('stays at a minimum', async () => {
    const found = await minimize(quadratic([1, 2]), Float64Array.of(0, 1));
    expect(found).toMatchObject({ converged: true, iterations: 0, value: 0 });
  });
});
