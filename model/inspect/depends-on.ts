import { UserError } from '../../shared/failures/user-error.ts';
import { hasSubgraph } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import { describeNode } from '../graph/node.ts';

/**
 * Names of the values that an input's content can change, the input included: not weights, nor what is made of them.
 * @throws {UserError} naming a node that holds a graph of its own, which is not looked into.
 */
export function dependsOn(graph: Graph, input: string): ReadonlySet<string> {
  const computed = new Set([input]);
  for (const node of graph.nodes) {
    if (hasSubgraph(node)) throw new UserError(`${describeNode(node)} holds a graph of its own: it is not looked into`);
    // A shape is known before there is an image.
    if (node.opType === 'Shape' || !node.input.some((value) => computed.has(value))) continue;
    for (const value of node.output) if (value !== '') computed.add(value);
  }
  return computed;
}
