import { UserError } from '../../../shared/failures/user-error.ts';
import type { Preprocess } from '../../../shared/models/model-manifest.ts';
import { getInt, intAttribute, intsAttribute, tensorAttribute } from '../../graph/attribute.ts';
import type { Graph, PassResult } from '../../graph/graph.ts';
import { linksOf } from '../../graph/links.ts';
import { freshName, renameValue, valueNames } from '../../graph/names.ts';
import { describeNode, isOperator, makeNode } from '../../graph/node.ts';
import { makeValue } from '../../graph/value.ts';
import { elementType } from '../../onnx/element-type.ts';
import type { NodeProto, TensorProto } from '../../onnx/onnx_pb.ts';
import { floatData, makeTensor, tensorShape } from '../../onnx/tensor.ts';

/** Name of the input that this pass adds: uint8 [N, height, width, 3], RGB. */
export const imageInput = 'image';

export interface Uint8InputOptions {
  readonly preprocess: Preprocess;
  /** The color order that the network was trained on. */
  readonly networkOrder: 'RGB' | 'BGR';
}

/**
 * Moves normalization into the network: its input becomes uint8 RGB crops, and value = scale × (pixel − mean).
 *
 * The graph's only input, float [N, 3, height, width], becomes the output of Transpose → Cast → Sub (→ Mul if a scale is
 * not 1). The color order of a BGR network is folded into its first convolutions by reversing the input channels of their
 * weights. This is exact, since a convolution is a sum over its input channels. Legal for BGR only if
 * 1. each reader of the input is a Conv with one group that reads it as its image, and
 * 2. the weights of that Conv are a float initializer with 3 input channels.
 * @throws {UserError} with the node that makes it illegal
 */
export function addUint8Input(graph: Graph, { preprocess, networkOrder }: Uint8InputOptions): PassResult {
  const [input] = graph.inputs;
  if (input === undefined) throw new UserError('the network has no input');
  const ordered = networkOrder === 'BGR' ? reverseChannels(graph, input.name) : graph;
  const body = valueNames(ordered).has(imageInput)
    ? renameValue(ordered, imageInput, freshName(ordered, `${imageInput}_1`))
    : ordered;
  const network = body.inputs[0]?.name ?? input.name;
  const { height, width } = preprocess.crop;
  return {
    graph: {
      ...body,
      inputs: [makeValue(imageInput, 'uint8', ['N', height, width, 3])],
      nodes: [...inputNodes(body, network, preprocess), ...body.nodes],
    },
    modified: true,
  };
}

/**
 * Bytes are transposed before the cast: 8 crops of 224 × 224 on 2 CPU cores take 0.8 to 1.1 ms, 0.9 to 1.2 ms if
 * transposed after the cast, and 3 to 5 ms if transposed after the subtraction. Means and scales are Constant nodes
 * instead of initializers, so that they are not counted as parameters.
 */
function inputNodes(graph: Graph, output: string, { mean, scale }: Preprocess): NodeProto[] {
  const planes = freshName(graph, 'image_planes');
  const pixels = freshName(graph, 'image_float');
  const isScaled = scale.some((factor) => factor !== 1);
  const centered = isScaled ? freshName(graph, 'image_centred') : output;
  const meanName = freshName(graph, 'image_mean');
  const scaleName = freshName(graph, 'image_scale');
  return [
    makeNode('Transpose', [imageInput], [planes], { attributes: [intsAttribute('perm', [0, 3, 1, 2])] }),
    makeNode('Cast', [planes], [pixels], { attributes: [intAttribute('to', elementType.float)] }),
    perChannel(meanName, mean),
    makeNode('Sub', [pixels, meanName], [centered]),
    ...(isScaled ? [perChannel(scaleName, scale), makeNode('Mul', [centered, scaleName], [output])] : []),
  ];
}

function perChannel(name: string, values: readonly number[]): NodeProto {
  const tensor = makeTensor(name, [1, 3, 1, 1], Float32Array.from(values));
  return makeNode('Constant', [], [name], { attributes: [tensorAttribute('value', tensor)] });
}

function reverseChannels(graph: Graph, input: string): Graph {
  const links = linksOf(graph);
  const initializers = new Map(graph.initializers);
  const rewritten = new Map<NodeProto, NodeProto>();
  for (const node of links.consumers(input)) {
    const weights = firstConvolutionWeights(graph, node, input);
    const reversed = reverseInputChannels(weights);
    if (links.consumers(weights.name).length === 1) {
      initializers.set(weights.name, reversed);
      continue;
    }
    // Another node needs these weights in the old order, so this one reads a reversed copy.
    const name = freshName({ ...graph, initializers }, `${weights.name}_rgb`);
    initializers.set(name, { ...reversed, name });
    rewritten.set(node, { ...node, input: node.input.map((value, index) => (index === 1 ? name : value)) });
  }
  return { ...graph, initializers, nodes: graph.nodes.map((node) => rewritten.get(node) ?? node) };
}

function firstConvolutionWeights(graph: Graph, node: NodeProto, input: string): TensorProto {
  const onlyImage = node.input.every((name, index) => name !== input || index === 0);
  if (!isOperator(node, 'Conv') || !onlyImage || getInt(node, 'group', 1) !== 1) {
    throw new UserError(
      `the color order cannot be folded into ${describeNode(node)}: the input must be read by a Conv without groups`,
    );
  }
  const weights = graph.initializers.get(node.input[1] ?? '');
  if (weights === undefined || weights.dataType !== elementType.float || tensorShape(weights)[1] !== 3) {
    throw new UserError(
      `the color order cannot be folded into ${describeNode(node)}: expected constant float weights of 3 input channels`,
    );
  }
  return weights;
}

/** Weights [out, 3, kernel height, kernel width] with the second axis reversed. */
function reverseInputChannels(weights: TensorProto): TensorProto {
  const shape = tensorShape(weights);
  const [filters = 0, channels = 0, ...kernel] = shape;
  const plane = kernel.reduce((product, size) => product * size, 1);
  const source = floatData(weights);
  const target = new Float32Array(source.length);
  for (let filter = 0; filter < filters; filter += 1) {
    for (let channel = 0; channel < channels; channel += 1) {
      const from = (filter * channels + channel) * plane;
      const to = (filter * channels + channels - 1 - channel) * plane;
      target.set(source.subarray(from, from + plane), to);
    }
  }
  return makeTensor(weights.name, shape, target);
}
