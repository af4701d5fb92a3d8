import { intAttribute } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import { valueNames } from '../graph/names.ts';
import { makeNode } from '../graph/node.ts';
import { elementType } from '../onnx/element-type.ts';
import type { NodeProto, TensorProto } from '../onnx/onnx_pb.ts';
import type { ValueTypes } from '../passes/value-types.ts';
import { toHalfTensor } from './to-half-tensor.ts';

export type Precision = 'float' | 'half';

/**
 * Builds a network from a float one where some nodes compute in half precision. Each float value is available in one
 * precision or in both; it is cast at most once.
 */
export class MixedGraph {
  readonly #source: Graph;
  readonly #types: ValueTypes;
  readonly #precisionOf: (node: NodeProto) => Precision;
  readonly #isFloatInput: (node: NodeProto, index: number) => boolean;
  readonly #nodes: NodeProto[] = [];
  readonly #initializers = new Map<string, TensorProto>();
  /** The precision that keeps the original name of a value. */
  readonly #named = new Map<string, Precision>();
  /** The name of a value in its other precision. */
  readonly #castNames = new Map<string, string>();
  /** Names that the new network already computes or stores. */
  readonly #available = new Set<string>();
  readonly #taken: Set<string>;

  /**
   * @param precisionOf the precision in which a node of `source` computes
   * @param isFloatInput true for an input that is float in any precision
   */
  constructor(
    source: Graph,
    types: ValueTypes,
    precisionOf: (node: NodeProto) => Precision,
    isFloatInput: (node: NodeProto, index: number) => boolean,
  ) {
    this.#source = source;
    this.#types = types;
    this.#precisionOf = precisionOf;
    this.#isFloatInput = isFloatInput;
    this.#taken = valueNames(source);
    for (const name of source.initializers.keys()) this.#named.set(name, 'half');
    for (const node of source.nodes) {
      for (const [index, name] of node.input.entries()) {
        if (source.initializers.has(name) && this.#inputPrecision(node, index) === 'float')
          this.#named.set(name, 'float');
      }
      for (const name of node.output) this.#named.set(name, precisionOf(node));
    }
    for (const { name } of source.outputs) this.#named.set(name, 'float');
    for (const { name } of source.inputs) {
      this.#named.set(name, 'float');
      this.#available.add(name);
    }
  }

  /** Adds a node. @param original the node of the float network that it replaces */
  add(node: NodeProto, original: NodeProto): void {
    const precision = this.#precisionOf(original);
    const input = node.input.map((name, index) => this.#value(name, this.#inputPrecision(original, index)));
    const output = node.output.map((name) => this.#nameIn(name, precision));
    this.#nodes.push({ ...node, input, output });
    for (const name of output) this.#available.add(name);
  }

  finish(): Graph {
    for (const { name } of this.#source.outputs) this.#value(name, 'float');
    return { ...this.#source, nodes: this.#nodes, initializers: this.#initializers, valueInfo: [] };
  }

  #inputPrecision(node: NodeProto, index: number): Precision {
    return this.#isFloatInput(node, index) ? 'float' : this.#precisionOf(node);
  }

  /** Makes a value available in a precision, and returns its name. */
  #value(value: string, precision: Precision): string {
    const name = this.#nameIn(value, precision);
    if (value === '' || this.#available.has(name)) return name;
    const weights = this.#source.initializers.get(value);
    if (weights !== undefined) {
      const tensor = precision === 'half' ? toHalfTensor(weights) : weights;
      this.#initializers.set(name, { ...tensor, name });
    } else {
      const to = precision === 'half' ? elementType.float16 : elementType.float;
      const from = this.#nameIn(value, precision === 'half' ? 'float' : 'half');
      this.#nodes.push(makeNode('Cast', [from], [name], { attributes: [intAttribute('to', to)] }));
    }
    this.#available.add(name);
    return name;
  }

  #nameIn(value: string, precision: Precision): string {
    if (this.#types.get(value)?.dataType !== elementType.float || this.#named.get(value) === precision) return value;
    const known = this.#castNames.get(value);
    if (known !== undefined) return known;
    const preferred = `${value}_${precision}`;
    let name = preferred;
    for (let number = 1; this.#taken.has(name); number += 1) name = `${preferred}_${number}`;
    this.#taken.add(name);
    this.#castNames.set(value, name);
    return name;
  }
}
