import { expect, it } from 'vitest';
import { intAttribute, intsAttribute, stringAttribute } from '../../../model/graph/attribute.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { explicitPadding } from '../../../model/passes/explicit-padding.ts';
import { inferValueTypes } from '../../../model/passes/value-types.ts';
import { expectSame, runGraph } from '../../support/run-graph.ts';
import { convolution, feeds, network, size } from '../../support/uint8-network.ts';

const a = convolution('x', 'a', 4, 3);
const w = convolution('a', 'w', 4, 4);
const rules = ['SAME_UPPER', 'SAME_LOWER', 'VALID'];
const operators = ['Conv', 'MaxPool', 'AveragePool'];
const shapes = [
  { kernel: 3, stride: 1, dilation: 1 },
  { kernel: 3, stride: 2, dilation: 1 },
  { kernel: 3, stride: 1, dilation: 2 },
];
// The runtime supports dilation only with VALID.
const every = rules.flatMap((rule) =>
  operators.flatMap((operator) => shapes.map((window) => ({ rule, operator, ...window }))),
);

it.each(every.filter(({ rule, operator, dilation }) => dilation === 1 || (rule === 'VALID' && operator === 'Conv')))(
  'states the padding $rule of $operator with stride $stride and dilation $dilation',
  async ({ rule, operator, kernel, stride, dilation }) => {
    const inputs = operator === 'Conv' ? ['a', 'w_w', 'w_b'] : ['a'];
    const node = makeNode(operator, inputs, ['y'], {
      attributes: [
        stringAttribute('auto_pad', rule),
        intsAttribute('strides', [stride, stride]),
        ...(operator === 'Conv'
          ? [intsAttribute('dilations', [dilation, dilation])]
          : [intsAttribute('kernel_shape', [kernel, kernel])]),
      ],
    });
    const before = network([...a.nodes, node], [...a.tensors, ...w.tensors], ['N', 4, 'h', 'w']);
    const { graph, modified } = explicitPadding(
      before,
      await inferValueTypes(before, new Map([['image', [1, size, size, 3]]])),
    );
    expect(modified).toBe(true);
    expect(graph.nodes.at(-1)?.attribute.map(({ name }) => name)).not.toContain('auto_pad');
    expectSame(await runGraph(graph, feeds), await runGraph(before, feeds));
  },
);

it('leaves stated padding and unknown sizes unchanged', () => {
  const pool = makeNode('MaxPool', ['a'], ['y'], {
    attributes: [
      stringAttribute('auto_pad', 'SAME_UPPER'),
      intsAttribute('kernel_shape', [3, 3]),
      intAttribute('ceil_mode', 0),
    ],
  });
  const before = network([...a.nodes, pool], a.tensors, ['N', 4, size, size]);
  expect(explicitPadding(before, new Map())).toEqual({ graph: before, modified: false });
});

it.each(
  ['VALID', 'SAME_UPPER'].flatMap((rule) =>
    ['MaxPool', 'AveragePool'].flatMap((operator) => [1, 2].map((margin) => ({ rule, operator, margin }))),
  ),
)('leaves a $rule $operator alone after a Pad of $margin', async ({ rule, operator, margin }) => {
  const pads = makeTensor('pads', [8], BigInt64Array.of(0n, 0n, 0n, 0n, 0n, 0n, BigInt(margin), BigInt(margin)));
  const pool = makeNode(operator, ['q'], ['y'], {
    attributes: [
      stringAttribute('auto_pad', rule),
      intsAttribute('kernel_shape', [2, 2]),
      intsAttribute('strides', [1, 1]),
    ],
  });
  // Below zero, where the zeros of the Pad are the maximum.
  const below = [makeNode('Abs', ['a'], ['above']), makeNode('Neg', ['above'], ['below'])];
  const nodes = [...a.nodes, ...below, makeNode('Pad', ['below', 'pads'], ['q']), pool];
  const before = network(nodes, [...a.tensors, pads], ['N', 4, 'h', 'w'], { opset: 13 });
  const types = await inferValueTypes(before, new Map([['image', [1, size, size, 3]]]));
  const { graph } = explicitPadding(before, types);
  // The runtime's optimizer joins the Pad with a pool that states its padding.
  expectSame(await runGraph(graph, feeds, { optimized: true }), await runGraph(before, feeds));
});
