import { intsAttribute } from '../graph/attribute.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { freshName, renameValue } from '../graph/names.ts';
import { makeNode } from '../graph/node.ts';
import { type Dimension, makeValue, tensorType } from '../graph/value.ts';

/** True for an image with its channels last, [batch, height, width, 3], as TensorFlow's networks take it. */
export function isChannelsLast(shape: readonly (Dimension | undefined)[]): boolean {
  return shape.length === 4 && shape[3] === 3 && shape[1] !== 3;
}

/**
 * Gives a network whose float input is [batch, height, width, 3] an input [batch, 3, height, width] of the same name, and
 * a Transpose behind it; `removeIdentity` takes that out again where the network's own Transpose follows. Legal always.
 */
export function convertToChannelsFirst(graph: Graph): PassResult {
  const [input, ...others] = graph.inputs;
  const shape = input && tensorType(input).shape;
  if (input === undefined || shape === undefined || !isChannelsLast(shape)) return { graph, modified: false };
  const { name } = input;
  const last = freshName(graph, `${name}_channels_last`);
  const renamed = renameValue(graph, name, last);
  const [batch = '', height = '', width = ''] = shape;
  const turn = makeNode('Transpose', [name], [last], { attributes: [intsAttribute('perm', [0, 2, 3, 1])] });
  return {
    graph: {
      ...renamed,
      inputs: [makeValue(name, 'float', [batch, 3, height, width]), ...others],
      nodes: [turn, ...renamed.nodes],
    },
    modified: true,
  };
}
