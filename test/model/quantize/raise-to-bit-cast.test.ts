import { expect, it } from 'vitest';
import { floatAttribute, intAttribute, stringAttribute } from '../../../model/graph/attribute.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { bitCastOpset, raiseToBitCast } from '../../../model/quantize/raise-to-bit-cast.ts';
import { expectNear, quantized } from '../../support/quantized-network.ts';
import { convolution, network, size } from '../../support/uint8-network.ts';

const a = convolution('x', 'a', 8, 3);
const lrn = makeNode('LRN', ['a'], ['n'], {
  attributes: [intAttribute('size', 5), floatAttribute('alpha', 0.5), floatAttribute('beta', 0.75)],
});

it('gives LRN of an older network BitCast, with the same values', async () => {
  const float = network([...a.nodes, lrn, makeNode('Identity', ['n'], ['y'])], a.tensors, ['N', 8, size, size]);
  const { graph } = await quantized(float);
  expect([float.opset, graph.opset]).toEqual([11, bitCastOpset]);
  expect(graph.nodes.map(({ opType }) => opType)).toContain('BitCast');
  await expectNear(graph, float);
  await expectNear(graph, float, { optimized: true });
});

it('raises a Softmax over the last axis of an output', () => {
  const softmax = makeNode('Softmax', ['a'], ['y'], { attributes: [intAttribute('axis', 3)] });
  const float = network([...a.nodes, softmax], a.tensors, ['N', 8, size, size]);
  expect(raiseToBitCast(float).opset).toBe(bitCastOpset);
});

it('leaves a network with a node that has another meaning there, and computes its LRN by square roots', async () => {
  const scales = makeTensor('scales', [4], Float32Array.of(1, 1, 2, 2));
  const nearest = { attributes: [stringAttribute('mode', 'nearest')] };
  const resize = makeNode('Resize', ['n', 'region', 'scales'], ['y'], nearest);
  const region = makeTensor('region', [0], new Float32Array());
  const tensors = [...a.tensors, scales, region];
  const float = network([...a.nodes, lrn, resize], tensors, ['N', 8, 2 * size, 2 * size]);
  const { graph } = await quantized(float);
  expect(graph.opset).toBe(float.opset);
  expect(graph.nodes.map(({ opType }) => opType)).toContain('Sqrt');
  await expectNear(graph, float);
});
