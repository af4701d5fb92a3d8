import type { Graph, PassResult } from '../graph/graph.ts';
import { type Links, linksOf } from '../graph/links.ts';
import { freshNameOutside, valueNames } from '../graph/names.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { type ChannelAffine, compose } from './channel-affine.ts';
import { foldableConvolution, foldIntoConvolution } from './fold-into-convolution.ts';

/**
 * The affine transform per channel that a node applies to one of its inputs.
 * @returns undefined if the node computes anything else
 */
export type AffineOf = (node: NodeProto, value: string, channels: number) => ChannelAffine | undefined;

/**
 * Folds the nodes that follow a convolution and only scale and shift its channels into its weights. A chain of such
 * nodes is folded at once. The old weights stay, since other nodes can read them: remove unused weights afterwards.
 */
export function foldAffineNodes(graph: Graph, affineOf: AffineOf): PassResult {
  const links = linksOf(graph);
  const used = valueNames(graph);
  const initializers = new Map(graph.initializers);
  const convolutions = new Map<NodeProto, NodeProto>();
  const removed = new Set<NodeProto>();
  for (const node of graph.nodes) {
    const convolution = foldableConvolution(node, graph);
    if (convolution === undefined) continue;
    const { nodes, affine } = followersOf(node.output[0] ?? '', convolution.filters, links, affineOf);
    const output = nodes.at(-1)?.output[0];
    if (output === undefined || affine === undefined) continue;
    const names = {
      weights: freshNameOutside(used, `${output}_weights`),
      bias: freshNameOutside(used, `${output}_bias`),
    };
    used.add(names.weights).add(names.bias);
    const folded = foldIntoConvolution(convolution, affine, names, output);
    initializers.set(names.weights, folded.weights).set(names.bias, folded.bias);
    convolutions.set(node, folded.node);
    for (const follower of nodes) removed.add(follower);
  }
  if (convolutions.size === 0) return { graph, modified: false };
  const nodes = graph.nodes.filter((node) => !removed.has(node)).map((node) => convolutions.get(node) ?? node);
  return { graph: { ...graph, nodes, initializers }, modified: true };
}

interface Followers {
  readonly nodes: readonly NodeProto[];
  /** Their composition; undefined if `nodes` is empty. */
  readonly affine: ChannelAffine | undefined;
}

function followersOf(convolved: string, channels: number, links: Links, affineOf: AffineOf): Followers {
  const nodes: NodeProto[] = [];
  let affine: ChannelAffine | undefined;
  let value = convolved;
  for (;;) {
    const [follower, ...others] = links.consumers(value);
    if (follower === undefined || others.length > 0 || links.isOutput(value)) return { nodes, affine };
    const next = affineOf(follower, value, channels);
    if (next === undefined) return { nodes, affine };
    affine = affine === undefined ? next : compose(affine, next);
    nodes.push(follower);
    value = follower.output[0] ?? '';
  }
}
