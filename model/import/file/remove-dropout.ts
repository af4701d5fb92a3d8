import { UserError } from '../../../shared/failures/user-error.ts';
import { bypassNodes } from '../../graph/bypass-nodes.ts';
import type { Graph, PassResult } from '../../graph/graph.ts';
import { type Links, linksOf } from '../../graph/links.ts';
import { describeNode, isOperator, makeNode } from '../../graph/node.ts';
import type { NodeProto } from '../../onnx/onnx_pb.ts';
import { tensorData } from '../../onnx/tensor.ts';

/**
 * Removes Dropout, which outputs its input unchanged at inference. Legal only if
 * 1. its mask is not read and is not an output of the graph, and
 * 2. it has no training input (operator set 12 and later), or a constant one that is false.
 * If its first output is an output of the graph, whose name must stay, the node becomes an Identity.
 * @throws {UserError} with the node for which 1 or 2 does not hold
 */
export function removeDropout(graph: Graph): PassResult {
  const links = linksOf(graph);
  const dropouts = graph.nodes.filter((node) => isOperator(node, 'Dropout'));
  if (dropouts.length === 0) return { graph, modified: false };
  for (const node of dropouts) checkRemovable(node, graph, links);
  const inner = dropouts.filter(({ output }) => !links.isOutput(output[0] ?? ''));
  const bypassed = bypassNodes(graph, new Map(inner.map((node) => [node, node.input[0] ?? ''])));
  const nodes = bypassed.nodes.map((node) => (isOperator(node, 'Dropout') ? toIdentity(node) : node));
  return { graph: { ...bypassed, nodes }, modified: true };
}

function toIdentity({ name, input, output }: NodeProto): NodeProto {
  return makeNode('Identity', input.slice(0, 1), output.slice(0, 1), { name });
}

function checkRemovable(node: NodeProto, { initializers }: Graph, links: Links): void {
  const [, mask = ''] = node.output;
  if (mask !== '' && (links.isOutput(mask) || links.consumers(mask).length > 0)) {
    throw new UserError(`${describeNode(node)} cannot be removed: its mask ${mask} is used`);
  }
  const training = node.input[2] ?? '';
  const trainingMode = initializers.get(training);
  if (training !== '' && (trainingMode === undefined || tensorData(trainingMode)[0] !== 0)) {
    throw new UserError(`${describeNode(node)} has a training input: export the model for inference`);
  }
}
