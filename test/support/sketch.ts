import { intAttribute, intsAttribute } from '../../model/graph/attribute.ts';
import { emptyGraph, type Graph } from '../../model/graph/graph.ts';
import { makeNode, type NodeOptions } from '../../model/graph/node.ts';
import { makeValue } from '../../model/graph/value.ts';
import type { NodeProto, TensorProto } from '../../model/onnx/onnx_pb.ts';
import { makeTensor } from '../../model/onnx/tensor.ts';
import { wave } from './tiny-model.ts';

type Shape = readonly (number | string)[];

/** Builds a graph node by node. Values have numbered names, as in the output of exporters. */
export class Sketch {
  readonly #graph: Graph;
  readonly #nodes: NodeProto[] = [];
  readonly #weights: TensorProto[] = [];

  constructor({ opset }: { opset: number }) {
    this.#graph = emptyGraph('sketch', { irVersion: 8, opset });
  }

  get opset(): number {
    return this.#graph.opset;
  }

  /** Adds a node with one output, and returns the output's name. */
  node(opType: string, inputs: readonly string[], attributes: NodeOptions['attributes'] = []): string {
    const output = `v${this.#nodes.length}`;
    this.#nodes.push(makeNode(opType, inputs, [output], { name: `${opType}_${this.#nodes.length}`, attributes }));
    return output;
  }

  /** Adds a Split into equal parts along the first axis, as since operator set 18, and returns the names of the parts. */
  split(input: string, count: number): string[] {
    const parts = Array.from({ length: count }, (_, part) => `v${this.#nodes.length}_${part}`);
    const attributes = [intAttribute('axis', 0), intAttribute('num_outputs', count)];
    this.#nodes.push(makeNode('Split', [input], parts, { name: `Split_${this.#nodes.length}`, attributes }));
    return parts;
  }

  /** Adds deterministic float weights between −amplitude and amplitude. */
  weights(shape: readonly number[], amplitude: number): string {
    return this.#add((name) => wave(name, shape, amplitude, this.#weights.length + 1));
  }

  /** Adds int64 weights. */
  ints(values: readonly number[], shape: readonly number[] = [values.length]): string {
    return this.#add((name) => makeTensor(name, shape, BigInt64Array.from(values, BigInt)));
  }

  /** Adds float weights of given values. */
  tensor(shape: readonly number[], values: readonly number[]): string {
    return this.#add((name) => makeTensor(name, shape, Float32Array.from(values)));
  }

  /** Adds a float scalar. */
  float(value: number): string {
    return this.#add((name) => makeTensor(name, [], Float32Array.of(value)));
  }

  /** Adds positive float weights, such as variances. */
  positive(count: number): string {
    const values = Float32Array.from({ length: count }, (_, index) => 0.5 + index / count);
    return this.#add((name) => makeTensor(name, [count], values));
  }

  #add(makeWeights: (name: string) => TensorProto): string {
    const name = `w${this.#weights.length}`;
    this.#weights.push(makeWeights(name));
    return name;
  }

  /** Adds a convolution, padded to keep the image size. Its weights are scaled to keep the range of values. */
  conv(input: string, from: number, to: number, kernel: number, { stride = 1, bias = true } = {}): string {
    const weights = this.weights([to, from, kernel, kernel], 2 / Math.sqrt(from * kernel * kernel));
    const inputs = bias ? [input, weights, this.weights([to], 0.5)] : [input, weights];
    const pad = Math.floor(kernel / 2);
    return this.node('Conv', inputs, [
      intsAttribute('dilations', [1, 1]),
      intAttribute('group', 1),
      intsAttribute('kernel_shape', [kernel, kernel]),
      intsAttribute('pads', [pad, pad, pad, pad]),
      intsAttribute('strides', [stride, stride]),
    ]);
  }

  graph(input: { name: string; shape: Shape }, output: { value: string; shape: Shape }): Graph {
    return {
      ...this.#graph,
      inputs: [makeValue(input.name, 'float', input.shape)],
      outputs: [makeValue(output.value, 'float', output.shape)],
      nodes: this.#nodes,
      initializers: new Map(this.#weights.map((tensor) => [tensor.name, tensor])),
    };
  }
}
