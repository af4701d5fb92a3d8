import { UserError } from '../../shared/user-error.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { type Links, linksOf } from '../graph/links.ts';
import { describeNode, isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';

/**
 * Removes Dropout, which hands its input on unchanged when a network is not training. Legal only if
 * 1. its mask output is read by no node and is no output of the graph,
 * 2. it has no training input (operator set 12 and later), and
 * 3. its first output is no output of the graph, whose name would be lost: such a node is left as it is.
 * @throws {UserError} naming the node for which 1 or 2 does not hold.
 */
export function removeDropout(graph: Graph): PassResult {
  const links = linksOf(graph);
  const removed = graph.nodes.filter((node) => isRemovable(node, links));
  if (removed.length === 0) return { graph, modified: false };
  const source = new Map<string, string>();
  // In topological order, so that a Dropout behind a Dropout leads to the first one's input.
  for (const { input, output } of removed) {
    const [from = ''] = input;
    source.set(output[0] ?? '', source.get(from) ?? from);
  }
  const gone = new Set(removed);
  const nodes = graph.nodes
    .filter((node) => !gone.has(node))
    .map((node) =>
      node.input.some((name) => source.has(name))
        ? { ...node, input: node.input.map((name) => source.get(name) ?? name) }
        : node,
    );
  return { graph: { ...graph, nodes }, modified: true };
}

function isRemovable(node: NodeProto, links: Links): boolean {
  if (!isOperator(node, 'Dropout')) return false;
  const [output = '', mask = ''] = node.output;
  if (mask !== '' && (links.isOutput(mask) || links.consumers(mask).length > 0)) {
    throw new UserError(`${describeNode(node)} cannot be removed: expected its mask ${mask} to be unused`);
  }
  if ((node.input[2] ?? '') !== '') {
    throw new UserError(`${describeNode(node)} cannot be removed: it has a training input; export for inference`);
  }
  return !links.isOutput(output);
}
