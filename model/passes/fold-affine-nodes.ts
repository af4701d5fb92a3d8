import type { Graph, PassResult } from '../graph/graph.ts';
import { type Links, linksOf } from '../graph/links.ts';
import { valueNames } from '../graph/names.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { type ChannelAffine, compose } from './channel-affine.ts';
import { foldableConvolution, foldIntoConvolution } from './fold-into-convolution.ts';

/**
 * What a node does to the channels of a value, which is one of its inputs.
 * @returns undefined where it is no factor and offset per channel
 */
export type AffineOf = (node: NodeProto, value: string, channels: number) => ChannelAffine | undefined;

/**
 * Folds the nodes that follow a convolution, and do nothing but scale and shift its channels, into its weights; several
 * in a row at once. Old weights stay for whoever else reads them: drop what nothing reads afterwards.
 */
export function foldAffineNodes(graph: Graph, affineOf: AffineOf): PassResult {
  const links = linksOf(graph);
  const taken = valueNames(graph);
  const initializers = new Map(graph.initializers);
  const convolutions = new Map<NodeProto, NodeProto>();
  const gone = new Set<NodeProto>();
  for (const node of graph.nodes) {
    const convolution = foldableConvolution(node, graph);
    if (convolution === undefined) continue;
    const { nodes, affine } = followersOf(node.output[0] ?? '', convolution.filters, links, affineOf);
    const output = nodes.at(-1)?.output[0];
    if (output === undefined || affine === undefined) continue;
    const names = { weights: freshFrom(`${output}_weights`, taken), bias: freshFrom(`${output}_bias`, taken) };
    const folded = foldIntoConvolution(convolution, affine, names, output);
    initializers.set(names.weights, folded.weights).set(names.bias, folded.bias);
    convolutions.set(node, folded.node);
    for (const follower of nodes) gone.add(follower);
  }
  if (convolutions.size === 0) return { graph, modified: false };
  const nodes = graph.nodes.filter((node) => !gone.has(node)).map((node) => convolutions.get(node) ?? node);
  return { graph: { ...graph, nodes, initializers }, modified: true };
}

interface Followers {
  readonly nodes: readonly NodeProto[];
  /** All of them together; undefined where there are none. */
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

function freshFrom(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let number = 1; taken.has(name); number += 1) name = `${wanted}_${number}`;
  taken.add(name);
  return name;
}
