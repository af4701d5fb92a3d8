import { expect, it } from 'vitest';
import { intAttribute, intsAttribute, tensorAttribute } from '../../../model/graph/attribute.ts';
import { emptyGraph, type Graph } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import { valueDigests } from '../../../model/graph/value-digests.ts';
import type { AttributeProto } from '../../../model/onnx/onnx_pb.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';

interface Options {
  readonly prefix?: string;
  readonly weight?: number;
  readonly attributes?: readonly AttributeProto[];
  readonly size?: number;
  readonly operator?: string;
}

/** image → Conv → Relu (or another operator), the value `last`. */
function network({ prefix = '', weight = 1, attributes = [], size = 8, operator = 'Relu' }: Options): Graph {
  const at = (name: string) => `${prefix}${name}`;
  const weights = makeTensor(at('weights'), [1, 3, 1, 1], Float32Array.of(1, 2, weight));
  const kernel = intsAttribute('kernel_shape', [1, 1]);
  return {
    ...emptyGraph('test', { opset: 12, irVersion: 6 }),
    inputs: [makeValue(at('image'), 'float', ['N', 3, size, size])],
    initializers: new Map([[weights.name, weights]]),
    nodes: [
      makeNode('Conv', [at('image'), at('weights')], [at('map')], { attributes: [...attributes, kernel] }),
      makeNode(operator, [at('map')], [at('last')]),
    ],
  };
}

const digestOf = (options: Options) => valueDigests(network(options)).get(`${options.prefix ?? ''}last`);

it.each([
  ['other names', { prefix: 'renamed/' }],
  [
    'attributes that state their default',
    { attributes: [intAttribute('group', 1), intsAttribute('dilations', [1, 1])] },
  ],
])('is the same for the same computation with %s', (_, options) => expect(digestOf(options)).toBe(digestOf({})));

it.each([
  ['one other weight', { weight: 1.0000001 }],
  ['another attribute', { attributes: [intAttribute('group', 3)] }],
  ['another operator', { operator: 'Sqrt' }],
  ['another input size', { size: 9 }],
])('differs for %s', (_, options) => expect(digestOf(options)).not.toBe(digestOf({})));

it('is the same for a weight and a Constant node', () => {
  const graph = network({});
  const [weights] = graph.initializers.values();
  if (weights === undefined) throw new Error('no weights');
  const constant = makeNode('Constant', [], ['weights'], { attributes: [tensorAttribute('value', weights)] });
  const rewritten = { ...graph, initializers: new Map(), nodes: [constant, ...graph.nodes] };
  expect(valueDigests(rewritten).get('last')).toBe(digestOf({}));
});
