import { UserError } from '../../shared/failures/user-error.ts';
import { hasSubgraph } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import { describeNode } from '../graph/node.ts';

/**
 * Names of the values that depend on the content of an input, including the input.
 * @throws {UserError} with the node, if one has a subgraph
 */
export function dependsOn(graph: Graph, input: string): ReadonlySet<string> {
  const computed = new Set([input]);
  for (const node of graph.nodes) {
    if (hasSubgraph(node)) throw new UserError(`${describeNode(node)} has a subgraph, which is not supported`);
    // A Shape depends on the size of the image, but not on its content.
    if (node.opType === 'Shape' || !node.input.some((value) => computed.has(value))) continue;
    for (const value of node.output) if (value !== '') computed.add(value);
  }
  return computed;
}
