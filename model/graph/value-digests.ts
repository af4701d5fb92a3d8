import { createHash } from 'node:crypto';
import { toBinary } from '@bufbuild/protobuf';
import { type AttributeProto, AttributeProtoSchema, type NodeProto, type TensorProto } from '../onnx/onnx_pb.ts';
import { tensorData, tensorShape } from '../onnx/tensor.ts';
import { attributeType, getTensor } from './attribute.ts';
import type { Graph } from './graph.ts';
import { isOperator } from './node.ts';
import { tensorType } from './value.ts';

/** What the absence of an attribute means: one file writes out what another leaves out. */
const defaults: readonly RegExp[] = [
  /^(Conv|AveragePool|MaxPool)\.(auto_pad=NOTSET|pads=0(,0)*|strides=1(,1)*|dilations=1(,1)*|ceil_mode=0)$/,
  /^AveragePool\.count_include_pad=0$/,
  /^Conv\.group=1$/,
  // The weights have this shape.
  /^Conv\.kernel_shape=/,
  /^Flatten\.axis=1$/,
  /^Gemm\.(alpha=1|beta=1|transA=0|transB=0)$/,
  /^LRN\.(alpha=0\.00009999999747378752|beta=0\.75|bias=1)$/,
  /^MaxPool\.storage_order=0$/,
];

/**
 * A digest of the computation behind each value of a graph: the operators, attributes and weights from the inputs to the
 * value. It depends neither on names nor on the order of the file. 16 hexadecimal digits, by the value's name.
 */
export function valueDigests(graph: Graph): ReadonlyMap<string, string> {
  const digests = new Map<string, string>();
  for (const input of graph.inputs) {
    const { dataType, shape = [] } = tensorType(input);
    // The batch size changes no value of one image.
    digests.set(input.name, digest('input', String(dataType), shape.slice(1).join()));
  }
  for (const [name, tensor] of graph.initializers) digests.set(name, tensorDigest(tensor));
  for (const node of graph.nodes) {
    const computation = computationOf(node, digests);
    for (const [index, name] of node.output.entries()) {
      digests.set(name, index === 0 ? computation : digest(computation, String(index)));
    }
  }
  return digests;
}

function computationOf(node: NodeProto, digests: ReadonlyMap<string, string>): string {
  const constant = isOperator(node, 'Constant') ? getTensor(node, 'value') : undefined;
  if (constant !== undefined) return tensorDigest(constant);
  const attributes = node.attribute
    .map((attribute) => `${node.opType}.${attribute.name}=${attributeText(attribute)}`)
    .filter((text) => !defaults.some((pattern) => pattern.test(text)));
  const inputs = node.input.map((name) => (name === '' ? '' : (digests.get(name) ?? 'outer')));
  return digest(node.domain, node.opType, ...attributes.sort(), ...inputs);
}

function attributeText(attribute: AttributeProto): string {
  const { type, f, i, s, t, floats, ints } = attribute;
  if (type === attributeType.float) return String(Math.fround(f));
  if (type === attributeType.int) return String(i);
  if (type === attributeType.string) return new TextDecoder().decode(s);
  if (type === attributeType.floats) return floats.map(Math.fround).join();
  if (type === attributeType.ints) return ints.join();
  if (type === attributeType.tensor && t !== undefined) return tensorDigest(t);
  return digest(toBinary(AttributeProtoSchema, attribute));
}

function tensorDigest(tensor: TensorProto): string {
  const { buffer, byteOffset, byteLength } = tensorData(tensor);
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  return digest('tensor', String(tensor.dataType), tensorShape(tensor).join(), bytes);
}

function digest(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex').slice(0, 16);
}
