import { UserError } from '../../shared/failures/user-error.ts';
import { loadModel, type Model } from '../../shared/models/model-directory.ts';
import { hasSubgraph } from '../graph/attribute.ts';
import { type Graph, graphOf } from '../graph/graph.ts';
import { describeNode } from '../graph/node.ts';
import { requireFloat } from '../graph/require-float.ts';
import { decodeModel } from '../onnx/model-file.ts';
import { isEnsemble } from './is-ensemble.ts';

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
    if (model.manifest.backgroundLabel !== undefined) {
      throw new UserError(`${source} cannot be part of an ensemble: it is a detector`);
    }
    const member = { source, model, graph };
    for (const other of members) checkDifferent(other, member);
    members.push(member);
  }
  const [first, ...others] = members;
  if (first === undefined || others.length === 0) throw new UserError('an ensemble needs two or more models');
  return [first, ...others];
}

/** @throws {UserError} if a network would count twice, as it is, in another form or as a member of an ensemble */
function checkDifferent(first: Member, second: Member): void {
  const reason = commonNetwork(first, second);
  if (reason !== undefined) throw new UserError(`the same model twice: ${reason}; give it once`);
}

function commonNetwork(first: Member, second: Member): string | undefined {
  for (const [made, other] of [[first, second] as const, [second, first] as const]) {
    if (made.model.manifest.derivedFrom?.includes(other.model.id)) return madeFrom(made, other);
  }
  if (first.model.manifest.sha256 === second.model.manifest.sha256) {
    return `${first.source} and ${second.source} have the same network`;
  }
  const [firsts, seconds] = [lineage(first.model), lineage(second.model)];
  if (firsts.has(digitsOf(second.model.id))) return madeFrom(first, second);
  if (seconds.has(digitsOf(first.model.id))) return madeFrom(second, first);
  const shared = [...firsts].find(([digits]) => seconds.has(digits));
  if (shared === undefined) return undefined;
  const both = isMean(first) && isMean(second) ? 'both contain' : 'were both made from';
  return `${first.source} and ${second.source} ${both} ${shared[1]}`;
}

function madeFrom(made: Member, other: Member): string {
  return `${made.source} ${isMean(made) && !isMean(other) ? 'contains' : 'was made from'} ${other.source}`;
}

/** A model and those it was made from, by the digits of their ids: the same network may have several names. */
function lineage({ id, manifest }: Model): ReadonlyMap<string, string> {
  return new Map([id, ...(manifest.derivedFrom ?? [])].map((each) => [digitsOf(each), each]));
}

function digitsOf(id: string): string {
  return id.slice(id.lastIndexOf('@') + 1);
}

function isMean({ graph, model }: Member): boolean {
  return isEnsemble(graph, model.manifest.outputs.probabilities);
}

function checkMergeable({ nodes, rest }: Graph, source: string): void {
  const nested = nodes.find(hasSubgraph);
  const reason =
    (nested && `${describeNode(nested)} has a subgraph`) ??
    (rest.functions.length > 0 ? 'it has functions' : undefined) ??
    ((rest.graph?.sparseInitializer.length ?? 0) > 0 ? 'it has sparse weights' : undefined);
  if (reason !== undefined) throw new UserError(`${source} cannot be part of an ensemble: ${reason}`);
}
