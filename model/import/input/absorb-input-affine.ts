import type { Preprocess } from '../../../shared/models/model-manifest.ts';
import { getInts } from '../../graph/attribute.ts';
import { bypassNodes } from '../../graph/bypass-nodes.ts';
import type { Graph } from '../../graph/graph.ts';
import { linksOf } from '../../graph/links.ts';
import { isOperator } from '../../graph/node.ts';
import { tensorType } from '../../graph/value.ts';
import type { NodeProto } from '../../onnx/onnx_pb.ts';
import { type ChannelAffine, channelAffineOf, compose } from '../../passes/channel-affine.ts';

/** scale × (pixel − mean) per channel, RGB. */
type Normalization = Pick<Preprocess, 'mean' | 'scale'>;

/**
 * Moves the network's first arithmetic on the channels of its image, [N, channels, height, width], into the normalization
 * of the image: a·(scale·(pixel − mean)) + b = (a·scale)·(pixel − (mean − b ÷ (a·scale))). Legal only if
 * 1. a node scales and shifts the image by constants per channel (`channelAffineOf`), and no other node reads the image;
 *    a Transpose before it stays, and moves the axis of the channels,
 * 2. no factor is 0, and the result is not an output of the graph.
 * The channel of a grayscale network is a weighted mean of the three, so its factor and offset apply to each.
 * Equal up to rounding.
 * @param networkOrder order of the channels in the network's input
 * @returns the network without those nodes, and the normalization that it now needs
 */
export function absorbInputAffine(
  graph: Graph,
  { mean, scale }: Normalization,
  networkOrder: 'RGB' | 'BGR',
): Normalization & { readonly graph: Graph } {
  const links = linksOf(graph);
  const [input] = graph.inputs;
  const channels = (input && tensorType(input).shape?.[1]) === 1 ? 1 : 3;
  const replacements = new Map<NodeProto, string>();
  let affine: ChannelAffine | undefined;
  let axis = 1;
  let value = input?.name ?? '';
  for (;;) {
    const [reader, ...others] = links.consumers(value);
    if (reader === undefined || others.length > 0) break;
    const [output = ''] = reader.output;
    if (links.isOutput(output)) break;
    const order = isOperator(reader, 'Transpose') ? getInts(reader, 'perm') : undefined;
    if (order === undefined) {
      const next = channelAffineOf(reader, value, channels, graph, axis);
      if (next === undefined || next.factor.includes(0)) break;
      affine = affine === undefined ? next : compose(affine, next);
      replacements.set(reader, value);
    } else axis = order.indexOf(axis);
    value = output;
  }
  if (affine === undefined) return { graph, mean, scale };
  const { factor, offset } = affine;
  const ofRgb = (values: Float64Array, channel: number) =>
    values[channels === 1 ? 0 : networkOrder === 'RGB' ? channel : 2 - channel] ?? Number.NaN;
  const newScale = (channel: 0 | 1 | 2) => scale[channel] * ofRgb(factor, channel);
  const newMean = (channel: 0 | 1 | 2) => mean[channel] - ofRgb(offset, channel) / newScale(channel);
  return {
    graph: bypassNodes(graph, replacements),
    mean: [newMean(0), newMean(1), newMean(2)],
    scale: [newScale(0), newScale(1), newScale(2)],
  };
}
