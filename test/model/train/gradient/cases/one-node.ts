import { makeNode } from '../../../../../model/graph/node.ts';
import type { AttributeProto, NodeProto } from '../../../../../model/onnx/onnx_pb.ts';
import type { GradientCase } from '../check-gradient.ts';
import type { Array64 } from '../reference/array.ts';

/** A case of one node that reads the inputs in order. */
export function oneNode(
  operator: string,
  inputs: GradientCase['inputs'],
  forward: GradientCase['forward'],
  attributes: readonly AttributeProto[] = [],
): GradientCase {
  return { nodes: [makeNode(operator, Object.keys(inputs), ['y'], { attributes })], inputs, forward };
}

/** A case of several nodes with one input `a`. */
export function several(nodes: readonly NodeProto[], forward: (a: Array64) => Array64): GradientCase {
  return { nodes, inputs: { a: [2, 3] }, forward: (of) => forward(of('a')) };
}
