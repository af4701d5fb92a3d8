import { expect, it } from 'vitest';
import { emptyGraph } from '../../../model/graph/graph.ts';
import { makeValue } from '../../../model/graph/value.ts';
import { divideByPower } from '../../../model/quantize/divide-by-power.ts';
import { QuantizedGraph } from '../../../model/quantize/quantized-graph.ts';
import { bitCastOpset } from '../../../model/quantize/raise-to-bit-cast.ts';
import { runGraph } from '../../support/run-graph.ts';

// 5,000 numbers, evenly spaced on a logarithmic scale, as the sums of squares of LRN.
const y = Float32Array.from({ length: 5000 }, (_, index) => 40 * 2 ** (index / 500));
const x = Float32Array.from(y, (_, index) => (index % 255) + 1);

/** The quotients and the operators that computed them. */
async function divide(opset: number, min: number) {
  const inputs = ['x', 'y'].map((name) => makeValue(name, 'float', ['N']));
  const graph = new QuantizedGraph({ ...emptyGraph('test', { irVersion: 8, opset }), inputs }, new Map());
  const { name, factor } = divideByPower(graph, { x: 'x', y: 'y', min }, (suffix) => graph.fresh(suffix));
  const network = { ...graph.finish(), outputs: [makeValue(name, 'float', ['N'])] };
  const shape = [y.length];
  const { [name]: values = new Float32Array() } = await runGraph(network, {
    x: { shape, data: x },
    y: { shape, data: y },
  });
  const errors = Array.from(values, (value, index) => {
    const exact = (x[index] ?? 0) / (y[index] ?? 0) ** 0.75;
    return value / factor / exact - 1;
  });
  return { errors, operators: network.nodes.map(({ opType }) => opType) };
}

it('divides by a power within 1.6 %, and exactly on average, with BitCast', async () => {
  const { errors, operators } = await divide(bitCastOpset, 40);
  expect(operators).toContain('BitCast');
  expect(errors).toHaveLength(y.length);
  expect(Math.max(...errors.map(Math.abs))).toBeLessThan(0.016);
  expect(Math.abs(errors.reduce((sum, error) => sum + error, 0) / errors.length)).toBeLessThan(0.001);
});

it.each([
  ['the operator set has no BitCast', bitCastOpset - 1, 40],
  ['the squares could exceed the range of floats', bitCastOpset, 1e20],
])('divides exactly, by square roots, if %s', async (_, opset, min) => {
  const { errors, operators } = await divide(opset, min);
  expect(operators).toContain('Sqrt');
  expect(errors).toHaveLength(y.length);
  expect(Math.max(...errors.map(Math.abs))).toBeLessThan(1e-5);
});
