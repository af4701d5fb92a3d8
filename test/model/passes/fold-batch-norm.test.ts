import { describe, expect, it } from 'vitest';
import { intAttribute } from '../../../model/graph/attribute.ts';
import type { Graph } from '../../../model/graph/graph.ts';
import { isOperator } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import type { NodeProto } from '../../../model/onnx/onnx_pb.ts';
import { foldBatchNorm } from '../../../model/passes/fold-batch-norm.ts';
import { expectSameOutput } from '../../support/expect-same-output.ts';
import { Sketch } from '../../support/sketch.ts';

const channels = 4;

/** A convolution of `x`, followed by the nodes that the callback adds. */
function convolved(follow: (sketch: Sketch, value: string) => string, { bias = true } = {}): Graph {
  const sketch = new Sketch({ opset: 13 });
  const value = follow(sketch, sketch.conv('x', 3, channels, 3, { bias }));
  return sketch.graph({ name: 'x', shape: ['N', 3, 8, 8] }, { value, shape: ['N', channels, 8, 8] });
}

function batchNorm(sketch: Sketch, value: string, attributes: NodeProto['attribute'] = []): string {
  const [scale, bias, mean] = [1, 0.3, 0.3].map((amplitude) => sketch.weights([channels], amplitude));
  const inputs = [value, scale ?? '', bias ?? '', mean ?? '', sketch.positive(channels)];
  return sketch.node('BatchNormalization', inputs, attributes);
}

const operators = ({ nodes }: Graph) => nodes.map(({ opType }) => opType);
const withAttribute = (graph: Graph, opType: string, attribute: NodeProto['attribute'][number]): Graph => ({
  ...graph,
  nodes: graph.nodes.map((node) =>
    isOperator(node, opType) ? { ...node, attribute: [...node.attribute, attribute] } : node,
  ),
});

describe('folding batch normalization', () => {
  it.each([true, false])('computes the same after a convolution with a bias: %s', async (bias) => {
    const before = convolved((sketch, value) => sketch.node('Relu', [batchNorm(sketch, value)]), { bias });
    const { graph, modified } = foldBatchNorm(before);
    expect(modified).toBe(true);
    expect(operators(graph)).toEqual(['Conv', 'Relu']);
    expect(foldBatchNorm(graph).modified).toBe(false);
    await expectSameOutput(before, graph, { batch: 2, tolerance: 1e-5 });
  });

  it('folds two in a row, even if the second produces the output', async () => {
    const before = convolved((sketch, value) => batchNorm(sketch, batchNorm(sketch, value)));
    const { graph } = foldBatchNorm(before);
    expect(operators(graph)).toEqual(['Conv']);
    await expectSameOutput(before, graph, { tolerance: 1e-5 });
  });

  it('keeps the weights for another convolution that reads them', async () => {
    const before = convolved((sketch, value) => {
      const again = sketch.node('Conv', ['x', 'w0', 'w1']);
      const center = sketch.node('Slice', [
        batchNorm(sketch, value),
        sketch.ints([1, 1]),
        sketch.ints([7, 7]),
        sketch.ints([2, 3]),
      ]);
      return sketch.node('Add', [again, center]);
    });
    const { graph } = foldBatchNorm(before);
    expect(operators(graph)).toEqual(['Conv', 'Conv', 'Slice', 'Add']);
    await expectSameOutput(before, graph, { tolerance: 1e-5 });
  });

  const plain = convolved((sketch, value) => batchNorm(sketch, value));
  it.each<[string, Graph]>([
    ['one in training mode', withAttribute(plain, 'BatchNormalization', intAttribute('training_mode', 1))],
    [
      'one that normalizes every pixel separately',
      withAttribute(plain, 'BatchNormalization', intAttribute('spatial', 0)),
    ],
    ['one after a Relu', convolved((sketch, value) => batchNorm(sketch, sketch.node('Relu', [value])))],
    [
      'one whose input has another reader',
      convolved((sketch, value) => sketch.node('Add', [value, batchNorm(sketch, value)])),
    ],
    [
      'one whose input is an output',
      { ...plain, outputs: [...plain.outputs, makeValue('v0', 'float', ['N', 4, 8, 8])] },
    ],
    [
      'one whose scale can be overridden',
      { ...plain, inputs: [...plain.inputs, makeValue('w2', 'float', [channels])] },
    ],
    ['a network without it', convolved((sketch, value) => sketch.node('Relu', [value]))],
  ])('leaves %s unchanged', (_, graph) => {
    expect(foldBatchNorm(graph)).toEqual({ graph, modified: false });
  });
});
