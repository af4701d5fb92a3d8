import { create } from '@bufbuild/protobuf';
import { type AttributeProto, type NodeProto, NodeProtoSchema } from '../onnx/onnx_pb.ts';

export interface NodeOptions {
  readonly name?: string;
  readonly attributes?: readonly AttributeProto[];
}

/** A node of the default operator set. An empty string stands for an omitted optional input. */
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

/** True if the node is one of these operators of the default operator set. */
export function isOperator(node: NodeProto, ...opTypes: readonly string[]): boolean {
  return (node.domain === '' || node.domain === 'ai.onnx') && opTypes.includes(node.opType);
}

/** A node in error messages: its operator and its name, or its first output if it has no name. */
export function describeNode(node: NodeProto): string {
  const operator = node.domain === '' ? node.opType : `${node.domain}.${node.opType}`;
  return node.name === ''
    ? `${operator} node with output ${node.output[0] ?? '(none)'}`
    : `${operator} node ${node.name}`;
}
