import { UserError } from '../../shared/failures/user-error.ts';
import type { ModelProto, NodeProto } from './onnx_pb.ts';

/**
 * Puts the nodes of a model in an order in which every value is produced before it is read, as the specification demands
 * and passes expect. Nodes that are in order already keep it. Values that no node produces are left to later checks.
 * @returns the same model if its nodes are in order
 * @throws {UserError} if nodes read each other's outputs in a circle
 */
export function sortNodes(model: ModelProto): ModelProto {
  const { graph } = model;
  if (graph === undefined) return model;
  const producers = new Map<string, NodeProto>();
  for (const node of graph.node) for (const name of node.output) if (name !== '') producers.set(name, node);
  const sorted = new Set<NodeProto>();
  const waiting = new Set<NodeProto>();
  for (const start of graph.node) {
    const stack = [start];
    // A loop instead of recursion: networks have thousands of nodes in a row.
    for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
      waiting.add(node);
      const next = sorted.has(node) ? undefined : firstUnsorted(node, producers, sorted);
      if (next !== undefined && waiting.has(next)) {
        throw new UserError(`the nodes of the model form a circle through ${next.output[0] ?? next.opType}`);
      }
      if (next !== undefined) stack.push(next);
      else {
        sorted.add(node);
        waiting.delete(node);
        stack.pop();
      }
    }
  }
  const node = [...sorted];
  const isSorted = node.every((each, index) => each === graph.node[index]);
  return isSorted ? model : { ...model, graph: { ...graph, node } };
}

function firstUnsorted(
  node: NodeProto,
  producers: ReadonlyMap<string, NodeProto>,
  sorted: ReadonlySet<NodeProto>,
): NodeProto | undefined {
  for (const name of node.input) {
    const producer = producers.get(name);
    if (producer !== undefined && !sorted.has(producer)) return producer;
  }
  return undefined;
}
