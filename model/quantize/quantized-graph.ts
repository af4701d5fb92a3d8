import { create } from '@bufbuild/protobuf';
import { UserError } from '../../shared/failures/user-error.ts';
import { intAttribute, intsAttribute } from '../graph/attribute.ts';
import { emptyGraph, type Graph } from '../graph/graph.ts';
import { freshNameOutside, valueNames } from '../graph/names.ts';
import { isOperator, makeNode } from '../graph/node.ts';
import { elementType } from '../onnx/element-type.ts';
import { type AttributeProto, type NodeProto, OperatorSetIdProtoSchema, type TensorProto } from '../onnx/onnx_pb.ts';
import { makeTensor, type TensorData } from '../onnx/tensor.ts';
import type { Observation, Observations } from './observe-values.ts';

/** Domain of onnxruntime's operators outside the ONNX standard: int8 kernels for channels-last images. */
const runtimeDomain = 'com.microsoft';

/** value = scale × (byte − zeroPoint). */
export interface Quantization {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** A value of the quantized network, uint8 [N, height, width, channels]. */
export interface QuantizedValue extends Quantization {
  readonly name: string;
}

/** The finest quantization whose range includes min, max, and zero, which padding needs. */
export function quantizationOf({ min, max }: Pick<Observation, 'min' | 'max'>): Quantization {
  const low = Math.min(min, 0);
  const high = Math.max(max, 0);
  const scale = high > low ? (high - low) / 255 : 1;
  return { scale, zeroPoint: Math.round(-low / scale) };
}

/** The spelling of these names is part of the network's digest, so it must not change. */
function constantName(name: string): string {
  return `quantised_${name}`;
}

/** Nodes of the source keep their names, and new ones are named as their outputs: the runtime refuses two equal names. */
function withUniqueNames(nodes: readonly NodeProto[], taken: ReadonlySet<string>): NodeProto[] {
  const names = new Set<string>();
  const reserved = new Set([...taken, ...nodes.map(({ name }) => name)]);
  return nodes.map((node) => {
    const name = names.has(node.name) ? freshNameOutside(reserved, node.name) : node.name;
    reserved.add(name);
    if (name !== '') names.add(name);
    return name === node.name ? node : { ...node, name };
  });
}

/**
 * Builds a quantized network from a float one. Each value of the float network is available as channels-last bytes, as
 * floats in the original layout, or as both; a missing form is converted on first use.
 */
export class QuantizedGraph {
  readonly source: Graph;
  readonly observations: Observations;
  readonly #nodes: NodeProto[] = [];
  readonly #initializers = new Map<string, TensorProto>();
  readonly #quantized = new Map<string, QuantizedValue>();
  readonly #floats = new Set<string>();
  readonly #deferred = new Map<string, NodeProto>();
  readonly #taken: Set<string>;

  /** @param source of operator set 10 or later, the first with QuantizeLinear and DequantizeLinear */
  constructor(source: Graph, observations: Observations) {
    this.source = source;
    this.observations = observations;
    this.#taken = valueNames(source);
    for (const { name } of source.inputs) this.#floats.add(name);
  }

  /** Adds a node with one output. @param runtimeOnly true for an operator of onnxruntime's domain */
  add(
    opType: string,
    inputs: readonly string[],
    output: string,
    { runtimeOnly = false, attributes = [] }: { runtimeOnly?: boolean; attributes?: readonly AttributeProto[] } = {},
  ): string {
    const node = makeNode(opType, inputs, [output], { attributes, name: output });
    this.#nodes.push(runtimeOnly ? { ...node, domain: runtimeDomain } : node);
    return output;
  }

  /** Copies a node of the float network, and makes its inputs available as floats. */
  keep(node: NodeProto): void {
    for (const name of node.input) {
      const weights = this.source.initializers.get(name);
      if (weights !== undefined) this.#initializers.set(name, weights);
      else if (name !== '') this.float(name);
    }
    this.#nodes.push(node);
    for (const name of node.output) this.#floats.add(name);
  }

  /** Copies a node of the float network only if a float node reads its output. */
  defer(node: NodeProto): void {
    for (const name of node.output) this.#deferred.set(name, node);
  }

  /** Gives a value another shape. @param shape 0 keeps a dimension, -1 stands for the rest */
  reshape(value: string, shape: readonly number[], output: string): string {
    const dimensions = this.constant(this.fresh(`${output}_shape`), [shape.length], BigInt64Array.from(shape, BigInt));
    return this.add('Reshape', [value, dimensions], output);
  }

  /** Adds a node with several outputs. */
  push(node: NodeProto): void {
    this.#nodes.push(node);
  }

  /** Adds a constant; the same name always means the same constant. */
  constant(name: string, shape: readonly number[], data: TensorData): string {
    if (!this.#initializers.has(name)) this.#initializers.set(name, makeTensor(name, shape, data));
    return name;
  }

  scale(value: number): string {
    return this.constant(constantName(`scale_${value}`), [], Float32Array.of(value));
  }

  zeroPoint(value: number): string {
    return this.constant(constantName(`zero_${value}`), [], Uint8Array.of(value));
  }

  /** Reserves an unused name: the preferred one, or with a number appended. */
  fresh(preferred: string): string {
    let name = preferred;
    for (let number = 1; this.#taken.has(name); number += 1) name = `${preferred}_${number}`;
    this.#taken.add(name);
    return name;
  }

  /** Registers the bytes of a value of the float network. */
  setQuantized(value: string, quantized: QuantizedValue): void {
    this.#quantized.set(value, quantized);
  }

  isQuantized(value: string): boolean {
    return this.#quantized.has(value);
  }

  /** Registers a value as available in float, in the original layout. */
  setFloat(value: string): void {
    this.#floats.add(value);
  }

  /** A value as channels-last bytes; converted from floats [N, channels, height, width] if needed. */
  quantized(value: string): QuantizedValue {
    const known = this.#quantized.get(value);
    if (known !== undefined) return known;
    const { scale, zeroPoint } = quantizationOf(this.observation(value));
    this.float(value);
    const last = this.add('Transpose', [value], this.fresh(`${value}_last`), {
      attributes: [intsAttribute('perm', [0, 2, 3, 1])],
    });
    const inputs = [last, this.scale(scale), this.zeroPoint(zeroPoint)];
    const name = this.add('QuantizeLinear', inputs, this.fresh(`${value}_q`));
    const quantized = { name, scale, zeroPoint };
    this.#quantized.set(value, quantized);
    return quantized;
  }

  /** Makes a value available as floats in the original layout, [N, channels, height, width]. */
  float(value: string): void {
    if (this.#floats.has(value)) return;
    const deferred = this.#deferred.get(value);
    if (deferred !== undefined) {
      this.keep(deferred);
      return;
    }
    const channelsFirst = [intsAttribute('perm', [0, 3, 1, 2])];
    if (this.#hasFloatWeights(value)) {
      const { name, scale, zeroPoint } = this.quantized(value);
      const bytes = this.add('Transpose', [name], this.fresh(`${value}_first`), { attributes: channelsFirst });
      this.#scaled(bytes, { scale, zeroPoint }, value);
    } else this.add('Transpose', [this.dequantized(value)], value, { attributes: channelsFirst });
    this.#floats.add(value);
  }

  /**
   * True if a layer with weights reads the value. After a DequantizeLinear and before a QuantizeLinear, the runtime would round
   * the weights of that layer to one scale for all channels, although it is to stay in float.
   */
  #hasFloatWeights(value: string): boolean {
    return this.source.nodes.some(
      (node) => isOperator(node, 'Conv', 'ConvTranspose', 'Gemm', 'MatMul') && node.input[0] === value,
    );
  }

  /** As DequantizeLinear, which the runtime does not recognize. */
  #scaled(bytes: string, { scale, zeroPoint }: Quantization, output: string): void {
    const attributes = [intAttribute('to', elementType.float)];
    const floats = this.add('Cast', [bytes], this.fresh(`${output}_cast`), { attributes });
    const zero = this.constant(constantName(`float_${zeroPoint}`), [], Float32Array.of(zeroPoint));
    const centered = zeroPoint === 0 ? floats : this.add('Sub', [floats, zero], this.fresh(`${output}_centered`));
    this.add('Mul', [centered, this.scale(scale)], output);
  }

  /** A quantized value as channels-last floats. */
  dequantized(value: string): string {
    const { name, scale, zeroPoint } = this.quantized(value);
    return this.add(
      'DequantizeLinear',
      [name, this.scale(scale), this.zeroPoint(zeroPoint)],
      this.fresh(`${value}_float`),
    );
  }

  /** @throws {UserError} when calibration did not observe the value */
  observation(value: string): Observation {
    const observation = this.observations.get(value);
    if (observation === undefined) {
      throw new UserError(`the value ${value} cannot be quantized: calibration did not observe it`);
    }
    return observation;
  }

  finish(): Graph {
    const { opset, irVersion } = this.source;
    const base = emptyGraph('quantised', { irVersion: Math.max(irVersion, 5), opset });
    const runtimeOpset = create(OperatorSetIdProtoSchema, { domain: runtimeDomain, version: 1n });
    return {
      ...base,
      rest: { ...base.rest, opsetImport: [...base.rest.opsetImport, runtimeOpset] },
      inputs: this.source.inputs,
      outputs: this.source.outputs,
      nodes: withUniqueNames(this.#nodes, this.#taken),
      initializers: this.#initializers,
    };
  }
}
