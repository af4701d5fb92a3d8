import type { NodeProto } from '../onnx/onnx_pb.ts';
import type { Graph } from './graph.ts';

/** Producer and consumers of each value. */
export interface Links {
  /** The node that produces a value; undefined for inputs and weights. */
  producer(value: string): NodeProto | undefined;
  /** The nodes that read a value, in order, each once. */
  consumers(value: string): readonly NodeProto[];
  isInput(value: string): boolean;
  isOutput(value: string): boolean;
}

/** Indexes a graph once: a rewritten graph needs new links. Subgraphs of nodes are ignored. */
export function linksOf(graph: Graph): Links {
  const producers = new Map<string, NodeProto>();
  const consumers = new Map<string, NodeProto[]>();
  for (const node of graph.nodes) {
    for (const value of node.output) if (value !== '') producers.set(value, node);
    for (const value of new Set(node.input)) {
      if (value === '') continue;
      const readers = consumers.get(value);
      if (readers === undefined) consumers.set(value, [node]);
      else readers.push(node);
    }
  }
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  return {
    producer: (value) => producers.get(value),
    consumers: (value) => consumers.get(value) ?? [],
    isInput: (value) => inputs.has(value),
    isOutput: (value) => outputs.has(value),
  };
}
