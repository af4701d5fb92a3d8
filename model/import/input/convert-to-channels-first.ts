import { intsAttribute } from '../../graph/attribute.ts';
import { isChannelsLast } from '../../graph/channels.ts';
import type { Graph, PassResult } from '../../graph/graph.ts';
import { freshName, renameValue } from '../../graph/names.ts';
import { makeNode } from '../../graph/node.ts';
import { makeValue, tensorType } from '../../graph/value.ts';

/**
 * Replaces a float input [batch, height, width, 3] by [batch, 3, height, width] and a Transpose. `removeIdentity` removes
 * the Transpose again if the network starts with the inverse one. Always legal.
 */
export function convertToChannelsFirst(graph: Graph): PassResult {
  const [input, ...others] = graph.inputs;
  const shape = input && tensorType(input).shape;
  if (input === undefined || shape === undefined || !isChannelsLast(shape)) return { graph, modified: false };
  const { name } = input;
  const channelsLast = freshName(graph, `${name}_channels_last`);
  const renamed = renameValue(graph, name, channelsLast);
  const [batch = '', height = '', width = ''] = shape;
  const transpose = makeNode('Transpose', [name], [channelsLast], {
    attributes: [intsAttribute('perm', [0, 2, 3, 1])],
  });
  return {
    graph: {
      ...renamed,
      inputs: [makeValue(name, 'float', [batch, 3, height, width]), ...others],
      nodes: [transpose, ...renamed.nodes],
    },
    modified: true,
  };
}
