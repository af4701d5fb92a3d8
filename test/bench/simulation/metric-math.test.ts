import { describe, expect, it } from 'vitest';
import { compileMetricMath } from '../../../bench/simulation/aws/metric-math.ts';
import { UserError } from '../../../shared/failures/user-error.ts';

function resultOf(expression: string, inputs: Record<string, number> = {}): number | undefined {
  return compileMetricMath(expression).evaluate(new Map(Object.entries(inputs)));
}

describe('metric math', () => {
  it.each([
    ['CEIL(backlog / 100000) + FLOOR(FILL(age, 0) / 900)', { backlog: 150_001, age: 1800 }, 4],
    ['CEIL(backlog / 100000) + FLOOR(FILL(age, 0) / 900)', { backlog: 1 }, 1],
    ['IF(running > 0 AND backlog < 1, 1, 0)', { running: 2, backlog: 0 }, 1],
    ['IF(running > 0 AND backlog < 1, 1, 0)', { running: 2, backlog: 1 }, 0],
    ['IF(errors >= 3 OR (errors > 0 AND errors >= calls), 1, 0)', { errors: 1, calls: 1 }, 1],
    ['IF(errors >= 3 OR (errors > 0 AND errors >= calls), 1, 0)', { errors: 2, calls: 9 }, 0],
    [
      'IF(waiting > 0, IF(FILL(deleted, 0) > 0, 15 * waiting / FILL(deleted, 0), 1440), 0)',
      { waiting: 8, deleted: 4 },
      30,
    ],
    ['IF(waiting > 0, IF(FILL(deleted, 0) > 0, 15 * waiting / FILL(deleted, 0), 1440), 0)', { waiting: 8 }, 1440],
    ['ABS(a - b)', { a: 1, b: 3 }, 2],
  ] as const)('%s of %j is %d', (expression, inputs, expected) => {
    expect(resultOf(expression, inputs)).toBe(expected);
  });

  it('has no value where an input has none, except inside FILL', () => {
    expect(resultOf('a + b', { a: 1 })).toBeUndefined();
    expect(resultOf('a + FILL(b, 0)', { a: 1 })).toBe(1);
    expect(resultOf('IF(a > 0, b, 0)', { a: 0 })).toBeUndefined();
  });

  it.each(['RATE(a)', 'FILL(a, REPEAT)', 'FILL(a + b, 0)'])('refuses %s, which is not modeled', (expression) => {
    expect(() => compileMetricMath(expression)).toThrow(UserError);
  });
});
