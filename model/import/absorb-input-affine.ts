import type { Preprocess } from '../../shared/models/model-manifest.ts';
import { bypassNodes } from '../graph/bypass-nodes.ts';
import type { Graph } from '../graph/graph.ts';
import { linksOf } from '../graph/links.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { type ChannelAffine, channelAffineOf, compose } from '../passes/channel-affine.ts';

/** scale × (pixel − mean) per channel, RGB. */
type Normalisation = Pick<Preprocess, 'mean' | 'scale'>;

/**
 * Takes what a network does first to the channels of its image, [N, 3, height, width], into the normalisation before it:
 * a·(scale·(pixel − mean)) + b = (a·scale)·(pixel − (mean − b ÷ (a·scale))). Legal only if
 * 1. a value is scaled and shifted by constants per channel (`channelAffineOf`) and read by nothing else, and
 * 2. no factor is 0, and the result is no output of the graph.
 * Equal up to rounding.
 * @param networkOrder of the channels that the network sees
 * @returns the network without those nodes, and the normalisation that it now needs
 */
export function absorbInputAffine(
  graph: Graph,
  { mean, scale }: Normalisation,
  networkOrder: 'RGB' | 'BGR',
): Normalisation & { readonly graph: Graph } {
  const links = linksOf(graph);
  const standIns = new Map<NodeProto, string>();
  let affine: ChannelAffine | undefined;
  let value = graph.inputs[0]?.name ?? '';
  for (;;) {
    const [reader, ...others] = links.consumers(value);
    if (reader === undefined || others.length > 0) break;
    const [output = ''] = reader.output;
    const next = links.isOutput(output) ? undefined : channelAffineOf(reader, value, 3, graph);
    if (next === undefined || next.factor.includes(0)) break;
    affine = affine === undefined ? next : compose(affine, next);
    standIns.set(reader, value);
    value = output;
  }
  if (affine === undefined) return { graph, mean, scale };
  const { factor, offset } = affine;
  const inRgb = (values: Float64Array, channel: number) =>
    values[networkOrder === 'RGB' ? channel : 2 - channel] ?? Number.NaN;
  const scaled = (channel: 0 | 1 | 2) => scale[channel] * inRgb(factor, channel);
  const shifted = (channel: 0 | 1 | 2) => mean[channel] - inRgb(offset, channel) / scaled(channel);
  return {
    graph: bypassNodes(graph, standIns),
    mean: [shifted(0), shifted(1), shifted(2)],
    scale: [scaled(0), scaled(1), scaled(2)],
  };
}
