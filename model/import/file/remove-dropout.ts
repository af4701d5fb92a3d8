import { UserError } from '../../../shared/failures/user-error.ts';
import { bypassNodes } from '../../graph/bypass-nodes.ts';
import type { Graph, PassResult } from '../../graph/graph.ts';
import { type Links, linksOf } from '../../graph/links.ts';
import { describeNode, isOperator } from '../../graph/node.ts';
import type { NodeProto } from '../../onnx/onnx_pb.ts';
import { tensorData } from '../../onnx/tensor.ts';

/**
 * Removes Dropout, which outputs its input unchanged at inference. Legal only if
 * 1. its mask is not read and is not an output of the graph,
 * 2. it has no training input (operator set 12 and later), or a constant one that is false, and
 * 3. its first output is not an output of the graph, whose name would be lost. Such a node is left unchanged.
 * @throws {UserError} with the node for which 1 or 2 does not hold
 */
export function removeDropout(graph: Graph): PassResult {
  const links = linksOf(graph);
  const removed = graph.nodes.filter((node) => isRemovable(node, graph, links));
  if (removed.length === 0) return { graph, modified: false };
  return { graph: bypassNodes(graph, new Map(removed.map((node) => [node, node.input[0] ?? '']))), modified: true };
}

function isRemovable(node: NodeProto, { initializers }: Graph, links: Links): boolean {
  if (!isOperator(node, 'Dropout')) return false;
  const [output = '', mask = ''] = node.output;
  if (mask !== '' && (links.isOutput(mask) || links.consumers(mask).length > 0)) {
    throw new UserError(`${describeNode(node)} cannot be removed: its mask ${mask} is used`);
  }
  const training = node.input[2] ?? '';
  const trainingMode = initializers.get(training);
  if (training !== '' && (trainingMode === undefined || tensorData(trainingMode)[0] !== 0)) {
    throw new UserError(`${describeNode(node)} has a training input: export the model for inference`);
  }
  return !links.isOutput(output);
}
