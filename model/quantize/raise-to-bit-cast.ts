import { UserError } from '../../shared/failures/user-error.ts';
import type { Graph } from '../graph/graph.ts';
import { linksOf } from '../graph/links.ts';
import { tensorType } from '../graph/value.ts';
import { raiseOperatorSetTo } from '../passes/raise-operator-set-to.ts';

/** The first operator set with BitCast. */
export const bitCastOpset = 26;

/**
 * Raises a network to the operator set of BitCast.
 * @returns the same network if a node has another meaning there. Of a Softmax over the last axis, this is known only if the
 *   graph states the shape of its output.
 */
export function raiseToBitCast(graph: Graph): Graph {
  if (graph.opset >= bitCastOpset) return graph;
  const links = linksOf(graph);
  const ranks = graph.outputs.flatMap((output) => {
    const input = links.producer(output.name)?.input[0];
    const rank = tensorType(output).shape?.length;
    return input === undefined || rank === undefined ? [] : [[input, rank] as const];
  });
  try {
    return raiseOperatorSetTo(graph, bitCastOpset, new Map(ranks));
  } catch (error) {
    if (error instanceof UserError) return graph;
    throw error;
  }
}
