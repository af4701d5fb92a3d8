import { getInt } from '../../graph/attribute.ts';
import type { Graph } from '../../graph/graph.ts';
import { freshName } from '../../graph/names.ts';
import { makeNode } from '../../graph/node.ts';
import type { NodeProto } from '../../onnx/onnx_pb.ts';
import { tensorShape } from '../../onnx/tensor.ts';
import { actualShape, type PerImage } from './actual-shape.ts';

/**
 * A Concat of images and constants, such as the class token of a transformer that was exported for one image, with the
 * constants repeated for every image. Legal only if
 * 1. it does not concatenate along the batch, and its axis is not counted from the end,
 * 2. each constant has one row, and the operator set is at least 10, whose Slice takes computed sizes.
 * @returns undefined if it is illegal, or there is no constant
 */
export function concatPerImage(graph: Graph, node: NodeProto, images: ReadonlySet<string>): PerImage | undefined {
  const image = node.input.find((name) => images.has(name));
  const constants = node.input.filter((name) => graph.initializers.has(name));
  const isMixed = image !== undefined && constants.length > 0;
  if (!isMixed || graph.opset < 10 || getInt(node, 'axis', 1) < 1) return undefined;
  const parts: PerImage[] = [];
  const repeated = new Map<string, string>();
  for (const constant of new Set(constants)) {
    const tensor = graph.initializers.get(constant);
    const [rows, ...rest] = tensor === undefined ? [] : tensorShape(tensor);
    if (rows !== 1 || rest.length === 0) return undefined;
    const { shape, nodes, tensors } = actualShape(graph, { image, rest, base: constant });
    const expanded = freshName(graph, `${constant}_per_image`);
    repeated.set(constant, expanded);
    parts.push({ nodes: [...nodes, makeNode('Expand', [constant, shape], [expanded])], tensors });
  }
  const input = node.input.map((name) => repeated.get(name) ?? name);
  return {
    nodes: [...parts.flatMap(({ nodes }) => nodes), { ...node, input }],
    tensors: parts.flatMap(({ tensors }) => tensors),
  };
}
