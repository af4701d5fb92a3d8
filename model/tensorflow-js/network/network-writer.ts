import { emptyGraph, type Graph } from '../../graph/graph.ts';
import { freshNameOutside } from '../../graph/names.ts';
import { makeNode } from '../../graph/node.ts';
import { makeValue } from '../../graph/value.ts';
import type { AttributeProto, NodeProto, TensorProto, ValueInfoProto } from '../../onnx/onnx_pb.ts';
import { makeTensor } from '../../onnx/tensor.ts';
import type { Feature } from './feature.ts';

export interface WrittenNode {
  readonly opType: string;
  /** Wanted name of the node and its output; a number is added if it is taken. */
  readonly name: string;
  readonly inputs: readonly string[];
  /** Shape of the output as in TensorFlow. */
  readonly shape: readonly number[];
  readonly attributes?: readonly AttributeProto[];
}

/** Collects the nodes and weights of an ONNX graph, in topological order. */
export class NetworkWriter {
  readonly #inputs: ValueInfoProto[] = [];
  readonly #nodes: NodeProto[] = [];
  readonly #initializers = new Map<string, TensorProto>();
  readonly #names = new Set<string>();

  /** A float image [N, channels, height, width], or [N, ...shape] for another rank. */
  input(name: string, shape: readonly number[]): Feature {
    const unique = this.#reserve(name);
    this.#inputs.push(makeValue(unique, 'float', ['N', ...onnxShape(shape)]));
    return { name: unique, shape };
  }

  node({ opType, name, inputs, shape, attributes = [] }: WrittenNode): Feature {
    const unique = this.#reserve(name);
    this.#nodes.push(makeNode(opType, inputs, [unique], { name: unique, attributes }));
    return { name: unique, shape };
  }

  /** True if a node of this operator computes the value. */
  isComputedBy({ name }: Feature, opType: string): boolean {
    return this.#nodes.some((node) => node.opType === opType && node.output.includes(name));
  }

  /**
   * Adds a weight. The same name with the same content is added once, for layers that share weights.
   * @param shape in the order of ONNX
   * @returns its name in the graph
   */
  weight(name: string, shape: readonly number[], data: Float32Array | BigInt64Array): string {
    const tensor = makeTensor(name, shape, data);
    const existing = this.#initializers.get(name);
    if (existing !== undefined && sameTensor(existing, tensor)) return name;
    const unique = this.#reserve(name);
    this.#initializers.set(unique, { ...tensor, name: unique });
    return unique;
  }

  integers(name: string, values: readonly number[]): string {
    return this.weight(name, [values.length], BigInt64Array.from(values, BigInt));
  }

  scalar(name: string, value: number): string {
    return this.weight(name, [], Float32Array.of(value));
  }

  /** The graph with these values as its outputs. */
  graph(name: string, outputs: readonly Feature[]): Graph {
    return {
      ...emptyGraph(name, { irVersion: 8, opset: 13 }),
      inputs: this.#inputs,
      outputs: outputs.map((output) => makeValue(output.name, 'float', ['N', ...onnxShape(output.shape)])),
      nodes: this.#nodes,
      initializers: this.#initializers,
    };
  }

  #reserve(name: string): string {
    const unique = freshNameOutside(this.#names, name);
    this.#names.add(unique);
    return unique;
  }
}

function onnxShape(shape: readonly number[]): readonly number[] {
  const [height, width, channels] = shape;
  return shape.length === 3 && height !== undefined && width !== undefined && channels !== undefined
    ? [channels, height, width]
    : shape;
}

function sameTensor(one: TensorProto, other: TensorProto): boolean {
  return one.dims.join() === other.dims.join() && Buffer.compare(one.rawData, other.rawData) === 0;
}
