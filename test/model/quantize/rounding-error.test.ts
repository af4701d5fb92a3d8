import { expect, it } from 'vitest';
import { intAttribute } from '../../../model/graph/attribute.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { calibrate } from '../../../model/quantize/calibrate.ts';
import type { Observations } from '../../../model/quantize/observe-values.ts';
import { quantizeNetwork } from '../../../model/quantize/quantize-network.ts';
import { meanRoundingErrors } from '../../../model/quantize/rounding-error.ts';
import { runGraph } from '../../support/run-graph.ts';
import { convolution, crops, manifest, network, size } from '../../support/uint8-network.ts';

it('sums what rounding takes from each weight, times the mean of its channel', () => {
  const shape = [2, 2, 1, 2];
  const weights = Float32Array.of(1.25, 0, 0.5, 0.5, 4, 4, 1, -1);
  const rounded = { weights: Int8Array.of(1, 0, 0, 1, 2, 2, 0, -1), scales: Float32Array.of(1, 2) };
  expect([...meanRoundingErrors({ shape, weights }, rounded, { means: [8, 2], groups: 1 })]).toEqual([2, 4]);
  const grouped = meanRoundingErrors({ shape, weights }, rounded, { means: [8, 2, 1, 10], groups: 2 });
  expect([...grouped]).toEqual([2, 20]);
});

/** Equal weights that rounding makes smaller in every filter, and one large weight, which sets the scale. */
function shrinking(name: string, shape: readonly number[]) {
  const length = shape.reduce((product, each) => product * each, 1);
  const [filters = 1] = shape;
  const weights = Float32Array.from({ length }, (_, at) => (at % (length / filters) === 0 ? 1.27 : 0.0149));
  return makeTensor(name, shape, weights);
}

const a = convolution('x', 'a', 8, 3, 1);
const zeros = makeTensor('zeros', [8], new Float32Array(8));
/** Far from the mean of the preprocessing. */
const bright = crops.map((crop) => crop.map((value) => Math.min(255, value + 60)));
const image = { shape: [bright.length, size, size, 3], data: Uint8Array.from(bright.flatMap((crop) => [...crop])) };

const convolve = (from: string, groups = 1) =>
  makeNode('Conv', [from, 'w', 'zeros'], ['y'], { attributes: [intAttribute('group', groups)] });

it.each([
  ['a convolution', convolve('a'), [8, 8, 3, 3]],
  ['a convolution in groups', convolve('a', 2), [8, 4, 3, 3]],
  ['a convolution of each channel', convolve('a', 8), [8, 1, 3, 3]],
  ['a convolution of the pixels', convolve('x'), [8, 3, 3, 3]],
])('rounded weights do not shift the outputs of %s', async (_, node, shape) => {
  const tensors = [...a.tensors, shrinking('w', shape), zeros];
  const float = network([...a.nodes, node], tensors, ['N', 8, size - 2, size - 2]);
  const observations = await calibrate(float, manifest, bright);
  const rangesOnly = Array.from(observations, ([name, { channelMeans: __, ...range }]) => [name, range] as const);
  const { y: expected = new Float32Array() } = await runGraph(float, { image });
  const shiftWith = async (observed: Observations) => {
    const { y = new Float32Array() } = await runGraph(quantizeNetwork(float, observed).graph, { image });
    return Math.abs(mean(expected) - mean(y));
  };
  const shift = await shiftWith(observations);
  expect(shift).toBeLessThan((await shiftWith(new Map(rangesOnly))) / 10);
});

function mean(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
