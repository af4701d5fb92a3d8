import { create } from '@bufbuild/protobuf';
import { type AttributeProto, type NodeProto, NodeProtoSchema } from '../onnx/onnx_pb.ts';

/** What a node needs beside its operator, inputs and outputs. */
export interface NodeOptions {
  readonly name?: string;
  readonly attributes?: readonly AttributeProto[];
}

/** A node of the default operator set; an input that is left out is an empty string. */
export function makeNode(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  { name = '', attributes = [] }: NodeOptions = {},
): NodeProto {
  return create(NodeProtoSchema, {
    opType,
    name,
    input: [...inputs],
    output: [...outputs],
    attribute: [...attributes],
  });
}

/** True for an operator of the default operator set, and one of these. */
export function isOperator(node: NodeProto, ...opTypes: readonly string[]): boolean {
  return (node.domain === '' || node.domain === 'ai.onnx') && opTypes.includes(node.opType);
}

/** How error messages name a node: operator, and its name or, where it has none, its first output. */
export function describeNode(node: NodeProto): string {
  const operator = node.domain === '' ? node.opType : `${node.domain}.${node.opType}`;
  return node.name === '' ? `${operator} node giving ${node.output[0] ?? 'nothing'}` : `${operator} node ${node.name}`;
}
