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
 * A network in the making of which some nodes compute in half precision, beside the float one that it is made of. Each
 * float value is had here in one precision or in both; what is read in the other one is cast, once.
 */
export class MixedGraph {
  readonly #source: Graph;
  readonly #types: ValueTypes;
  readonly #precisionOf: (node: NodeProto) => Precision;
  readonly #takesFloat: (node: NodeProto, place: number) => boolean;
  readonly #nodes: NodeProto[] = [];
  readonly #initializers = new Map<string, TensorProto>();
  /** The precision that bears a value's own name. */
  readonly #named = new Map<string, Precision>();
  /** Names in the other precision. */
  readonly #others = new Map<string, string>();
  /** Values, by their name here, that are there. */
  readonly #made = new Set<string>();
  readonly #taken: Set<string>;

  /**
   * @param precisionOf what a node of `source` computes in
   * @param takesFloat true for an input that is float whatever the node computes in
   */
  constructor(
    source: Graph,
    types: ValueTypes,
    precisionOf: (node: NodeProto) => Precision,
    takesFloat: (node: NodeProto, place: number) => boolean,
  ) {
    this.#source = source;
    this.#types = types;
    this.#precisionOf = precisionOf;
    this.#takesFloat = takesFloat;
    this.#taken = valueNames(source);
    for (const name of source.initializers.keys()) this.#named.set(name, 'half');
    for (const node of source.nodes) {
      for (const [place, name] of node.input.entries()) {
        if (source.initializers.has(name) && this.#read(node, place) === 'float') this.#named.set(name, 'float');
      }
      for (const name of node.output) this.#named.set(name, precisionOf(node));
    }
    for (const { name } of source.outputs) this.#named.set(name, 'float');
    for (const { name } of source.inputs) {
      this.#named.set(name, 'float');
      this.#made.add(name);
    }
  }

  /** Adds a node; `original` is the one of the float network that it stands for. */
  add(node: NodeProto, original: NodeProto): void {
    const precision = this.#precisionOf(original);
    const input = node.input.map((name, place) => this.#value(name, this.#read(original, place)));
    const output = node.output.map((name) => this.#nameIn(name, precision));
    this.#nodes.push({ ...node, input, output });
    for (const name of output) this.#made.add(name);
  }

  /** The finished network. */
  finish(): Graph {
    for (const { name } of this.#source.outputs) this.#value(name, 'float');
    return { ...this.#source, nodes: this.#nodes, initializers: this.#initializers, valueInfo: [] };
  }

  #read(node: NodeProto, place: number): Precision {
    return this.#takesFloat(node, place) ? 'float' : this.#precisionOf(node);
  }

  /** Makes sure that a value is there in a precision; its name. */
  #value(value: string, precision: Precision): string {
    const name = this.#nameIn(value, precision);
    if (value === '' || this.#made.has(name)) return name;
    const weights = this.#source.initializers.get(value);
    if (weights !== undefined) {
      const tensor = precision === 'half' ? toHalfTensor(weights) : weights;
      this.#initializers.set(name, { ...tensor, name });
    } else {
      const to = precision === 'half' ? elementType.float16 : elementType.float;
      const from = this.#nameIn(value, precision === 'half' ? 'float' : 'half');
      this.#nodes.push(makeNode('Cast', [from], [name], { attributes: [intAttribute('to', to)] }));
    }
    this.#made.add(name);
    return name;
  }

  #nameIn(value: string, precision: Precision): string {
    if (this.#types.get(value)?.dataType !== elementType.float || this.#named.get(value) === precision) return value;
    const known = this.#others.get(value);
    if (known !== undefined) return known;
    const wanted = `${value}_${precision}`;
    let name = wanted;
    for (let number = 1; this.#taken.has(name); number += 1) name = `${wanted}_${number}`;
    this.#taken.add(name);
    this.#others.set(value, name);
    return name;
  }
}
