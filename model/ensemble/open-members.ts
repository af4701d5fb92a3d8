import { UserError } from '../../shared/failures/user-error.ts';
import { loadModel, type Model } from '../../shared/models/model-directory.ts';
import { hasSubgraph } from '../graph/attribute.ts';
import { type Graph, graphOf } from '../graph/graph.ts';
import { describeNode } from '../graph/node.ts';
import { requireFloat } from '../graph/require-float.ts';
import { decodeModel } from '../onnx/model-file.ts';

/** A model of an ensemble. */
export interface Member {
  /** Its directory. */
  readonly source: string;
  readonly model: Model;
  readonly graph: Graph;
}

/**
 * Opens the models of an ensemble.
 * @param sources model directories
 * @throws {UserError} for fewer than two, an int8 or half-precision model, a network that cannot be merged, or the same
 *   model twice, also in an optimized form
 */
export async function openMembers(sources: readonly string[]): Promise<readonly [Member, ...Member[]]> {
  const members: Member[] = [];
  for (const source of sources) {
    const model = await loadModel(source);
    const graph = graphOf(decodeModel(model.network, source));
    requireFloat(graph, model.manifest);
    checkMergeable(graph, source);
    const member = { source, model, graph };
    for (const other of members) checkDifferent(other, member);
    members.push(member);
  }
  const [first, ...others] = members;
  if (first === undefined || others.length === 0) throw new UserError('an ensemble needs two or more models');
  return [first, ...others];
}

function checkDifferent(first: Member, second: Member): void {
  const [a, b] = [first.model.manifest, second.model.manifest];
  const reason = (b.derivedFrom ?? []).includes(first.model.id)
    ? `${second.source} was made from ${first.source}`
    : (a.derivedFrom ?? []).includes(second.model.id)
      ? `${first.source} was made from ${second.source}`
      : a.sha256 === b.sha256
        ? `${first.source} and ${second.source} have the same network`
        : undefined;
  if (reason !== undefined) throw new UserError(`the same model twice: ${reason}; give it once`);
}

function checkMergeable({ nodes, rest }: Graph, source: string): void {
  const nested = nodes.find(hasSubgraph);
  const reason =
    (nested && `${describeNode(nested)} has a subgraph`) ??
    (rest.functions.length > 0 ? 'it has functions' : undefined) ??
    ((rest.graph?.sparseInitializer.length ?? 0) > 0 ? 'it has sparse weights' : undefined);
  if (reason !== undefined) throw new UserError(`${source} cannot be part of an ensemble: ${reason}`);
}
