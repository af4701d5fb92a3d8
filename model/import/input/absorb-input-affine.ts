import type { Preprocess } from '../../../shared/models/model-manifest.ts';
import { bypassNodes } from '../../graph/bypass-nodes.ts';
import type { Graph } from '../../graph/graph.ts';
import { linksOf } from '../../graph/links.ts';
import type { NodeProto } from '../../onnx/onnx_pb.ts';
import { type ChannelAffine, channelAffineOf, compose } from '../../passes/channel-affine.ts';

/** scale × (pixel − mean) per channel, RGB. */
type Normalization = Pick<Preprocess, 'mean' | 'scale'>;

/**
 * Moves the network's first arithmetic on the channels of its image, [N, 3, height, width], into the normalization of
 * the image: a·(scale·(pixel − mean)) + b = (a·scale)·(pixel − (mean − b ÷ (a·scale))). Legal only if
 * 1. a node scales and shifts the image by constants per channel (`channelAffineOf`), and no other node reads the image,
 * 2. no factor is 0, and the result is not an output of the graph.
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
  const replacements = new Map<NodeProto, string>();
  let affine: ChannelAffine | undefined;
  let value = graph.inputs[0]?.name ?? '';
  for (;;) {
    const [reader, ...others] = links.consumers(value);
    if (reader === undefined || others.length > 0) break;
    const [output = ''] = reader.output;
    const next = links.isOutput(output) ? undefined : channelAffineOf(reader, value, 3, graph);
    if (next === undefined || next.factor.includes(0)) break;
    affine = affine === undefined ? next : compose(affine, next);
    replacements.set(reader, value);
    value = output;
  }
  if (affine === undefined) return { graph, mean, scale };
  const { factor, offset } = affine;
  const ofRgb = (values: Float64Array, channel: number) =>
    values[networkOrder === 'RGB' ? channel : 2 - channel] ?? Number.NaN;
  const newScale = (channel: 0 | 1 | 2) => scale[channel] * ofRgb(factor, channel);
  const newMean = (channel: 0 | 1 | 2) => mean[channel] - ofRgb(offset, channel) / newScale(channel);
  return {
    graph: bypassNodes(graph, replacements),
    mean: [newMean(0), newMean(1), newMean(2)],
    scale: [newScale(0), newScale(1), newScale(2)],
  };
}
