import { create } from '@bufbuild/protobuf';
import { UserError } from '../../shared/failures/user-error.ts';
import { type AttributeProto, AttributeProtoSchema, type NodeProto, type TensorProto } from '../onnx/onnx_pb.ts';
import { describeNode } from './node.ts';

/** AttributeProto.AttributeType of the IR specification. */
export const attributeType = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  graphs: 10,
} as const;

export function floatAttribute(name: string, value: number): AttributeProto {
  return create(AttributeProtoSchema, { name, type: attributeType.float, f: value });
}

export function intAttribute(name: string, value: number): AttributeProto {
  return create(AttributeProtoSchema, { name, type: attributeType.int, i: BigInt(value) });
}

export function intsAttribute(name: string, values: readonly number[]): AttributeProto {
  return create(AttributeProtoSchema, { name, type: attributeType.ints, ints: values.map(BigInt) });
}

export function stringAttribute(name: string, value: string): AttributeProto {
  return create(AttributeProtoSchema, { name, type: attributeType.string, s: new TextEncoder().encode(value) });
}

export function tensorAttribute(name: string, value: TensorProto): AttributeProto {
  return create(AttributeProtoSchema, { name, type: attributeType.tensor, t: value });
}

/** @throws {UserError} if the attribute has another type. The same holds for all getters below. */
export function getFloat(node: NodeProto, name: string, fallback: number): number {
  return find(node, name, attributeType.float)?.f ?? fallback;
}

export function getInt(node: NodeProto, name: string, fallback: number): number {
  const attribute = find(node, name, attributeType.int);
  return attribute === undefined ? fallback : Number(attribute.i);
}

export function getFloats(node: NodeProto, name: string): number[] | undefined {
  return find(node, name, attributeType.floats)?.floats;
}

export function getInts(node: NodeProto, name: string): number[] | undefined {
  return find(node, name, attributeType.ints)?.ints.map(Number);
}

export function getString(node: NodeProto, name: string, fallback: string): string {
  const attribute = find(node, name, attributeType.string);
  return attribute === undefined ? fallback : new TextDecoder().decode(attribute.s);
}

export function getTensor(node: NodeProto, name: string): TensorProto | undefined {
  return find(node, name, attributeType.tensor)?.t;
}

/** True for If, Loop and Scan: a node with a subgraph, whose nodes can read values of the outer graph. */
export function hasSubgraph(node: NodeProto): boolean {
  return node.attribute.some(({ type }) => type === attributeType.graph || type === attributeType.graphs);
}

function find(node: NodeProto, name: string, type: number): AttributeProto | undefined {
  const attribute = node.attribute.find((candidate) => candidate.name === name);
  if (attribute !== undefined && attribute.type !== type) {
    throw new UserError(
      `${describeNode(node)}: expected attribute ${name} of ONNX attribute type ${type}, got type ${attribute.type}`,
    );
  }
  return attribute;
}
