import type { NodeProto } from '../onnx/onnx_pb.ts';
import type { Graph } from './graph.ts';

/** Who gives and who reads each value. */
export interface Links {
  /** The node that gives a value; undefined for inputs and weights. */
  producer(value: string): NodeProto | undefined;
  /** The nodes that read a value, in order, each once. */
  consumers(value: string): readonly NodeProto[];
  isInput(value: string): boolean;
  isOutput(value: string): boolean;
}

/** Looks at a graph once; a rewritten graph needs new links. Graphs inside of nodes are not looked into. */
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
