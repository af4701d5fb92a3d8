import { intsAttribute } from '../../graph/attribute.ts';
import type { Graph, PassResult } from '../../graph/graph.ts';
import { imageInputOf } from '../../graph/image-input.ts';
import { freshName, renameValue } from '../../graph/names.ts';
import { makeNode } from '../../graph/node.ts';
import { makeValue, tensorType } from '../../graph/value.ts';

/**
 * Replaces a float input [batch, height, width, channels] by [batch, channels, height, width] and a Transpose.
 * `removeIdentity` removes the Transpose again if the network starts with the inverse one. Always legal.
 */
export function convertToChannelsFirst(graph: Graph): PassResult {
  const { name, layout, channels, size } = imageInputOf(graph);
  if (layout === 'first') return { graph, modified: false };
  const channelsLast = freshName(graph, `${name}_channels_last`);
  const renamed = renameValue(graph, name, channelsLast);
  const [batch = ''] = graph.inputs.map((input) => tensorType(input).shape?.[0] ?? '');
  const transpose = makeNode('Transpose', [name], [channelsLast], {
    attributes: [intsAttribute('perm', [0, 2, 3, 1])],
  });
  return {
    graph: {
      ...renamed,
      inputs: [makeValue(name, 'float', [batch, channels, ...size])],
      nodes: [transpose, ...renamed.nodes],
    },
    modified: true,
  };
}
