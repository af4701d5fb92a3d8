import type { Graph, PassResult } from '../../graph/graph.ts';
import { freshName, renameValue } from '../../graph/names.ts';
import { makeNode } from '../../graph/node.ts';
import { makeValue, tensorType } from '../../graph/value.ts';
import { makeTensor } from '../../onnx/tensor.ts';

/** Shares of red, green and blue in the luminance of an image (ITU-R BT.601), as grayscale files are made. */
export const luminance = [0.299, 0.587, 0.114] as const;

/**
 * Replaces a grayscale input, float [batch, 1, height, width], by a color input and a 1×1 Conv that computes the luminance.
 * Always legal: a gray image, with three equal channels, gives the same gray.
 */
export function addLuminance(graph: Graph): PassResult {
  const [input, ...others] = graph.inputs;
  const shape = input && tensorType(input).shape;
  if (input === undefined || shape?.length !== 4 || shape[1] !== 1) return { graph, modified: false };
  const { name } = input;
  const gray = freshName(graph, `${name}_gray`);
  const renamed = renameValue(graph, name, gray);
  const weights = makeTensor(freshName(renamed, 'luminance'), [1, 3, 1, 1], Float32Array.from(luminance));
  const [batch = '', , height = '', width = ''] = shape;
  return {
    graph: {
      ...renamed,
      inputs: [makeValue(name, 'float', [batch, 3, height, width]), ...others],
      nodes: [makeNode('Conv', [name, weights.name], [gray]), ...renamed.nodes],
      initializers: new Map([...renamed.initializers, [weights.name, weights]]),
    },
    modified: true,
  };
}
