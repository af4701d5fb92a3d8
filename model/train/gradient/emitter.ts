import { intAttribute, intsAttribute, stringAttribute } from '../../graph/attribute.ts';
import type { Graph } from '../../graph/graph.ts';
import { valueNames } from '../../graph/names.ts';
import { makeNode } from '../../graph/node.ts';
import type { AttributeProto, NodeProto, TensorProto } from '../../onnx/onnx_pb.ts';
import { makeTensor, type TensorData } from '../../onnx/tensor.ts';

export type Shape = readonly number[];

/** Attributes of a node by name: integers, lists of integers, or strings. */
export type Attributes = Readonly<Record<string, number | readonly number[] | string>>;

/** Appends nodes to a graph, and tracks the static shape of every value. New values get unique names. */
export class Emitter {
  readonly #graph: Graph;
  readonly #shapes: Map<string, Shape>;
  readonly #taken: Set<string>;
  readonly #added: NodeProto[] = [];
  readonly #initializers: Map<string, TensorProto>;
  readonly #constants = new Map<string, string>();
  readonly #prefix: string;
  #count = 0;

  /**
   * @param shapes of all values of the graph by name
   * @param prefix of the names of new values
   */
  constructor(graph: Graph, shapes: ReadonlyMap<string, Shape>, prefix = 'gradient') {
    this.#graph = graph;
    this.#prefix = prefix;
    this.#shapes = new Map(shapes);
    this.#taken = valueNames(graph);
    this.#initializers = new Map(graph.initializers);
  }

  /** The graph with the new nodes at the end. */
  get graph(): Graph {
    return { ...this.#graph, nodes: [...this.#graph.nodes, ...this.#added], initializers: this.#initializers };
  }

  get shapes(): ReadonlyMap<string, Shape> {
    return this.#shapes;
  }

  /** @throws {RangeError} when the shape of the value is not known */
  shape(name: string): Shape {
    const shape = this.#shapes.get(name);
    if (shape === undefined) throw new RangeError(`the shape of ${name} is unknown`);
    return shape;
  }

  /** A weight or constant of the graph; undefined for a computed value or an input. */
  tensor(name: string): TensorProto | undefined {
    return this.#initializers.get(name);
  }

  /** Adds a node with one output. @param shape of the output */
  add(opType: string, inputs: readonly string[], shape: Shape, attributes: Attributes = {}): string {
    const [output = ''] = this.addAll(opType, inputs, [shape], attributes);
    return output;
  }

  /** Adds a node with several outputs. */
  addAll(opType: string, inputs: readonly string[], shapes: readonly Shape[], attributes: Attributes = {}): string[] {
    const outputs = shapes.map((shape) => this.#fresh(opType, shape));
    this.#added.push(makeNode(opType, inputs, outputs, { attributes: Object.entries(attributes).map(attributeOf) }));
    return outputs;
  }

  /** Adds a node with a given, unused output name. */
  addAs(opType: string, inputs: readonly string[], name: string, shape: Shape, attributes: Attributes = {}): void {
    this.#taken.add(name);
    this.#shapes.set(name, shape);
    this.#added.push(makeNode(opType, inputs, [name], { attributes: Object.entries(attributes).map(attributeOf) }));
  }

  /** An int64 constant [count]. */
  ints(values: readonly number[]): string {
    return this.#constant(`ints ${values.join()}`, [values.length], () => BigInt64Array.from(values, BigInt));
  }

  /** A float scalar. */
  scalar(value: number): string {
    return this.#constant(`scalar ${value}`, [], () => Float32Array.of(value));
  }

  /** A constant of any shape and type. */
  constant(shape: Shape, data: TensorData): string {
    const name = this.#fresh('constant', shape);
    this.#initializers.set(name, makeTensor(name, shape, data));
    return name;
  }

  reshape(value: string, shape: Shape): string {
    if (sameShape(this.shape(value), shape)) return value;
    return this.add('Reshape', [value, this.ints(shape)], shape);
  }

  transpose(value: string, axes: readonly number[]): string {
    const from = this.shape(value);
    return this.add(
      'Transpose',
      [value],
      axes.map((axis) => from[axis] ?? 0),
      { perm: axes },
    );
  }

  times(value: string, factor: number): string {
    return factor === 1 ? value : this.add('Mul', [value, this.scalar(factor)], this.shape(value));
  }

  /** The sum over some axes, which are removed. */
  sum(value: string, axes: readonly number[]): string {
    const shape = this.shape(value).filter((_, axis) => !axes.includes(axis));
    return this.add('ReduceSum', [value, this.ints(axes)], shape, { keepdims: 0 });
  }

  /** Sums a value over the axes along which `shape` was broadcast (as in NumPy). */
  sumTo(value: string, shape: Shape): string {
    const from = this.shape(value);
    const missing = from.length - shape.length;
    const axes = from.flatMap((size, axis) => (axis < missing || shape[axis - missing] !== size ? [axis] : []));
    return this.reshape(axes.length === 0 ? value : this.sum(value, axes), shape);
  }

  #fresh(kind: string, shape: Shape): string {
    let name: string;
    do {
      this.#count += 1;
      name = `${this.#prefix}/${kind}_${this.#count}`;
    } while (this.#taken.has(name));
    this.#shapes.set(name, shape);
    return name;
  }

  /** Equal constants are shared. */
  #constant(key: string, shape: Shape, data: () => TensorData): string {
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const name = this.#fresh('constant', shape);
    this.#initializers.set(name, makeTensor(name, shape, data()));
    this.#constants.set(key, name);
    return name;
  }
}

function attributeOf([name, value]: [string, Attributes[string]]): AttributeProto {
  if (typeof value === 'number') return intAttribute(name, value);
  return typeof value === 'string' ? stringAttribute(name, value) : intsAttribute(name, value);
}

function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}
