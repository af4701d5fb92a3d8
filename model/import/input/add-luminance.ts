import type { Graph, PassResult } from '../../graph/graph.ts';
import { freshName, renameValue } from '../../graph/names.ts';
import { makeNode } from '../../graph/node.ts';
import { makeValue, tensorType } from '../../graph/value.ts';
import type { NodeProto, TensorProto } from '../../onnx/onnx_pb.ts';
import { makeTensor } from '../../onnx/tensor.ts';

/**
 * Shares of red, green and blue in the luminance of an image (ITU-R BT.601), as grayscale files are made, in thousandths:
 * sums of pixels are then exact in float32.
 */
export const luminanceThousandths = [299, 587, 114] as const;

/**
 * Replaces a grayscale input, float [batch, 1, height, width], by a color input and a 1×1 Conv that computes the luminance.
 * Always legal: a gray image, with three equal channels, gives the same gray.
 * @param isRounded for a network of bytes, whose input must be whole: adds ½, and rounds down what is exact but for one
 *   division, so that every machine rounds to the same byte
 */
export function addLuminance(graph: Graph, { isRounded }: { readonly isRounded: boolean }): PassResult {
  const [input, ...others] = graph.inputs;
  const shape = input && tensorType(input).shape;
  if (input === undefined || shape?.length !== 4 || shape[1] !== 1) return { graph, modified: false };
  const { name } = input;
  const gray = freshName(graph, `${name}_gray`);
  const renamed = renameValue(graph, name, gray);
  const { nodes, tensors } = isRounded
    ? roundedLuminance(renamed, name, gray)
    : weightedSum(renamed, { image: name, output: gray, shares: luminanceThousandths.map((share) => share / 1000) });
  const [batch = '', , height = '', width = ''] = shape;
  return {
    graph: {
      ...renamed,
      inputs: [makeValue(name, 'float', [batch, 3, height, width]), ...others],
      nodes: [...nodes, ...renamed.nodes],
      initializers: new Map([...renamed.initializers, ...tensors.map((tensor) => [tensor.name, tensor] as const)]),
    },
    modified: true,
  };
}

interface Luminance {
  readonly nodes: readonly NodeProto[];
  readonly tensors: readonly TensorProto[];
}

interface WeightedSum {
  readonly image: string;
  readonly output: string;
  readonly shares: readonly number[];
}

function weightedSum(graph: Graph, { image, output, shares }: WeightedSum): Luminance {
  const weights = makeTensor(freshName(graph, 'luminance'), [1, 3, 1, 1], Float32Array.from(shares));
  return { nodes: [makeNode('Conv', [image, weights.name], [output])], tensors: [weights] };
}

function roundedLuminance(graph: Graph, image: string, output: string): Luminance {
  const [sum, raised, shifted] = ['sum', 'raised', 'shifted'].map((name) => freshName(graph, `${output}_${name}`));
  if (sum === undefined || raised === undefined || shifted === undefined) throw new Error('expected three names');
  const half = makeTensor(freshName(graph, 'luminance_half'), [], Float32Array.of(500));
  const whole = makeTensor(freshName(graph, 'luminance_whole'), [], Float32Array.of(1000));
  const { nodes, tensors } = weightedSum(graph, { image, output: sum, shares: luminanceThousandths });
  return {
    nodes: [
      ...nodes,
      makeNode('Add', [sum, half.name], [raised]),
      makeNode('Div', [raised, whole.name], [shifted]),
      makeNode('Floor', [shifted], [output]),
    ],
    tensors: [...tensors, half, whole],
  };
}
