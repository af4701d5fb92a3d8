import { UserError } from '../../shared/failures/user-error.ts';
import type { Graph } from '../graph/graph.ts';
import { valueDigests } from '../graph/value-digests.ts';
import { isLayer } from './merge-graphs.ts';

/** A member of an ensemble, with the ensemble's image as its input. */
export interface MemberLayers {
  readonly source: string;
  readonly graph: Graph;
}

/**
 * Checks that no member has only layers of another: one network in two files, with other names or another order of nodes,
 * would count twice.
 * @throws {UserError} with both members
 */
export function checkDifferentLayers(members: readonly MemberLayers[]): void {
  const layers = members.map(({ graph }) => layerDigests(graph));
  for (const [first, own] of layers.entries()) {
    for (const [second, others] of layers.entries()) {
      if (first === second || own.size === 0 || !own.isSubsetOf(others)) continue;
      const [inner, outer] = [members[first]?.source, members[second]?.source];
      const reason =
        own.size === others.size ? `${inner} and ${outer} have the same layers` : `${outer} has all layers of ${inner}`;
      throw new UserError(`the same model twice: ${reason}; give it once`);
    }
  }
}

function layerDigests(graph: Graph): ReadonlySet<string> {
  const digests = valueDigests(graph);
  return new Set(
    graph.nodes.filter((node) => isLayer(node, graph)).map(({ output: [value = ''] }) => digests.get(value) ?? value),
  );
}
