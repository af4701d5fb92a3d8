import { create } from '@bufbuild/protobuf';
import { UserError } from '../../shared/failures/user-error.ts';
import { intsAttribute } from '../graph/attribute.ts';
import { emptyGraph, type Graph } from '../graph/graph.ts';
import { valueNames } from '../graph/names.ts';
import { makeNode } from '../graph/node.ts';
import { type AttributeProto, type NodeProto, OperatorSetIdProtoSchema, type TensorProto } from '../onnx/onnx_pb.ts';
import { makeTensor, type TensorData } from '../onnx/tensor.ts';
import type { Observation, Observations } from './observe-values.ts';

/** Operators of onnxruntime beyond the standard: int8 kernels that take images with their channels last. */
const runtimeDomain = 'com.microsoft';

/** How bytes stand for numbers: value = scale × (byte − zeroPoint). */
export interface Quantization {
  readonly scale: number;
  readonly zeroPoint: number;
}

/** A value as uint8 [N, height, width, channels] in the network that is being made. */
export interface QuantizedValue extends Quantization {
  readonly name: string;
}

/** The smallest range of bytes that holds a range of numbers and zero, which padding needs. */
export function quantizationOf({ min, max }: Pick<Observation, 'min' | 'max'>): Quantization {
  const low = Math.min(min, 0);
  const high = Math.max(max, 0);
  const scale = high > low ? (high - low) / 255 : 1;
  return { scale, zeroPoint: Math.round(-low / scale) };
}

/**
 * A quantized network in the making, beside the float one that it is made of. A value of the float network is had here
 * as bytes with the channels last, as floats in its own layout, or as both; what is asked for and not there is converted.
 */
export class QuantizedGraph {
  readonly source: Graph;
  readonly observations: Observations;
  readonly #nodes: NodeProto[] = [];
  readonly #initializers = new Map<string, TensorProto>();
  readonly #quantized = new Map<string, QuantizedValue>();
  readonly #floats = new Set<string>();
  readonly #taken: Set<string>;

  /** @param source of operator set 10 or later, the first with QuantizeLinear and DequantizeLinear */
  constructor(source: Graph, observations: Observations) {
    this.source = source;
    this.observations = observations;
    this.#taken = valueNames(source);
    for (const { name } of source.inputs) this.#floats.add(name);
  }

  /** Adds a node; `domain` is that of onnxruntime where `own` is set. */
  add(
    opType: string,
    inputs: readonly string[],
    output: string,
    { own = false, attributes = [] }: { own?: boolean; attributes?: readonly AttributeProto[] } = {},
  ): string {
    const node = makeNode(opType, inputs, [output], { attributes, name: output });
    this.#nodes.push(own ? { ...node, domain: runtimeDomain } : node);
    return output;
  }

  /** Adds a node of the float network as it is; what it reads must be there as floats. */
  keep(node: NodeProto): void {
    for (const name of node.input) {
      const weights = this.source.initializers.get(name);
      if (weights !== undefined) this.#initializers.set(name, weights);
      else if (name !== '') this.float(name);
    }
    this.#nodes.push(node);
    for (const name of node.output) this.#floats.add(name);
  }

  /** A node with several outputs, for which `add` is too simple. */
  push(node: NodeProto): void {
    this.#nodes.push(node);
  }

  /** A constant of the network being made; one of the same name is the same constant. */
  constant(name: string, shape: readonly number[], data: TensorData): string {
    if (!this.#initializers.has(name)) this.#initializers.set(name, makeTensor(name, shape, data));
    return name;
  }

  scale(value: number): string {
    return this.constant(this.#constantName(`scale_${value}`), [], Float32Array.of(value));
  }

  zeroPoint(value: number): string {
    return this.constant(this.#constantName(`zero_${value}`), [], Uint8Array.of(value));
  }

  #constantName(name: string): string {
    return `quantised_${name}`;
  }

  /** A name that no value has yet. */
  fresh(wanted: string): string {
    let name = wanted;
    for (let number = 1; this.#taken.has(name); number += 1) name = `${wanted}_${number}`;
    this.#taken.add(name);
    return name;
  }

  /** Notes that a value of the float network is there as bytes. */
  setQuantized(value: string, quantized: QuantizedValue): void {
    this.#quantized.set(value, quantized);
  }

  isQuantized(value: string): boolean {
    return this.#quantized.has(value);
  }

  /** Notes that a value is there as floats in its own layout. */
  setFloat(value: string): void {
    this.#floats.add(value);
  }

  /** A value as bytes, channels last; converted from floats [N, channels, height, width] where needed. */
  quantized(value: string): QuantizedValue {
    const known = this.#quantized.get(value);
    if (known !== undefined) return known;
    const seen = this.observation(value);
    const { scale, zeroPoint } = quantizationOf(seen);
    const last = this.add('Transpose', [value], this.fresh(`${value}_last`), {
      attributes: [intsAttribute('perm', [0, 2, 3, 1])],
    });
    const inputs = [last, this.scale(scale), this.zeroPoint(zeroPoint)];
    const name = this.add('QuantizeLinear', inputs, this.fresh(`${value}_q`));
    const quantized = { name, scale, zeroPoint };
    this.#quantized.set(value, quantized);
    return quantized;
  }

  /** Makes sure that a value is there as floats in its own layout, [N, channels, height, width]. */
  float(value: string): void {
    if (this.#floats.has(value)) return;
    const last = this.dequantized(value);
    this.add('Transpose', [last], value, { attributes: [intsAttribute('perm', [0, 3, 1, 2])] });
    this.#floats.add(value);
  }

  /** A quantized value as floats, channels still last. */
  dequantized(value: string): string {
    const { name, scale, zeroPoint } = this.quantized(value);
    return this.add(
      'DequantizeLinear',
      [name, this.scale(scale), this.zeroPoint(zeroPoint)],
      this.fresh(`${value}_float`),
    );
  }

  /** @throws {UserError} when calibration saw nothing of the value */
  observation(value: string): Observation {
    const seen = this.observations.get(value);
    if (seen === undefined) throw new UserError(`the value ${value} cannot be quantized: calibration did not see it`);
    return seen;
  }

  /** The finished network. */
  finish(): Graph {
    const { opset, irVersion } = this.source;
    const base = emptyGraph('quantised', { irVersion: Math.max(irVersion, 5), opset });
    const own = create(OperatorSetIdProtoSchema, { domain: runtimeDomain, version: 1n });
    return {
      ...base,
      rest: { ...base.rest, opsetImport: [...base.rest.opsetImport, own] },
      inputs: this.source.inputs,
      outputs: this.source.outputs,
      nodes: this.#nodes,
      initializers: this.#initializers,
    };
  }
}
