import { UserError } from '../../shared/failures/user-error.ts';
import type { Graph } from '../graph/graph.ts';
import { inferValueShapes } from '../inspect/value-shapes.ts';
import { raiseOperatorSetTo } from '../passes/raise-operator-set-to.ts';

/** A network to raise, with its name in error messages. */
export interface Versioned {
  readonly source: string;
  readonly graph: Graph;
}

/** Earlier sets cannot be raised to one below it. */
const minTarget = 10;

/**
 * Raises networks of several operator sets to the highest one among them.
 * @param min the lowest operator set of the result
 * @returns them in the same order
 * @throws {UserError} naming the network and the node that has another meaning there
 */
export async function alignOperatorSets(networks: readonly Versioned[], min: number): Promise<Graph[]> {
  const sets = new Set(networks.map(({ graph }) => graph.opset));
  const highest = Math.max(min, ...sets);
  if (sets.size === 1 && sets.has(highest)) return networks.map(({ graph }) => graph);
  const target = Math.max(minTarget, highest);
  const raised: Graph[] = [];
  for (const { source, graph } of networks) raised.push(await raise(graph, target, source));
  return raised;
}

async function raise(graph: Graph, target: number, source: string): Promise<Graph> {
  if (graph.opset === target) return graph;
  try {
    const { shapes } = await inferValueShapes(graph);
    return raiseOperatorSetTo(graph, target, new Map(Array.from(shapes, ([name, { length }]) => [name, length])));
  } catch (cause) {
    if (cause instanceof UserError) throw new UserError(`${source}: ${cause.message}`, { cause });
    throw cause;
  }
}
