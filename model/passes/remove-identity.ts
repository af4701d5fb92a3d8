import { getInt, getInts } from '../graph/attribute.ts';
import { bypassNodes } from '../graph/bypass-nodes.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { type Links, linksOf } from '../graph/links.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { constantIntegers } from './constant-integers.ts';
import type { ValueTypes } from './value-types.ts';

/**
 * Removes nodes that output their input unchanged. Legal only if the node's output is not an output of the graph, whose
 * name would be lost, and the node is
 * 1. an Identity,
 * 2. a Concat, Sum, Max, Min or Mean of one value,
 * 3. a Pad by zero on every side,
 * 4. a Transpose that keeps the order of axes, or reverses the Transpose before it,
 * 5. a Cast to the element type of its input,
 * 6. a Reshape, Flatten, Squeeze, Unsqueeze or Expand to the shape of its input, or
 * 7. a Slice of all elements, in order.
 * @param types of the values at a batch of 1, needed for 5 to 7: values without a type are skipped. A node that leaves
 *   one image unchanged is assumed to leave every batch unchanged.
 */
export function removeIdentity(graph: Graph, types: ValueTypes): PassResult {
  const links = linksOf(graph);
  const replacements = new Map<NodeProto, string>();
  for (const node of graph.nodes) {
    const [output = ''] = node.output;
    if (links.isOutput(output)) continue;
    const replacement = replacementFor(node, { graph, links, types });
    if (replacement !== undefined) replacements.set(node, replacement);
  }
  if (replacements.size === 0) return { graph, modified: false };
  return { graph: bypassNodes(graph, replacements), modified: true };
}

interface Context {
  readonly graph: Graph;
  readonly links: Links;
  readonly types: ValueTypes;
}

/** An earlier value that equals the node's output. */
function replacementFor(node: NodeProto, context: Context): string | undefined {
  const [input = ''] = node.input;
  if (isOperator(node, 'Transpose')) return untransposed(node, context.links);
  return isIdentity(node, input, context) ? input : undefined;
}

function isIdentity(node: NodeProto, input: string, { graph, types }: Context): boolean {
  const inputType = types.get(input);
  const outputType = types.get(node.output[0] ?? '');
  const sameShape =
    inputType !== undefined && outputType !== undefined && sameNumbers(inputType.shape, outputType.shape);
  if (isOperator(node, 'Identity')) return true;
  if (isOperator(node, 'Concat', 'Sum', 'Max', 'Min', 'Mean')) return node.input.length === 1;
  if (isOperator(node, 'Pad')) {
    const pads = getInts(node, 'pads') ?? constantIntegers(graph, node.input[1]);
    return pads?.every((size) => size === 0) ?? false;
  }
  if (isOperator(node, 'Cast')) return inputType !== undefined && inputType.dataType === getInt(node, 'to', -1);
  if (isOperator(node, 'Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Expand')) return sameShape;
  if (isOperator(node, 'Slice')) {
    const steps = (node.input[4] ?? '') === '' ? [] : constantIntegers(graph, node.input[4]);
    return sameShape && (steps?.every((step) => step > 0) ?? false);
  }
  return false;
}

function untransposed(node: NodeProto, links: Links): string | undefined {
  const [input = ''] = node.input;
  const order = getInts(node, 'perm');
  // Without the attribute, a Transpose reverses all axes.
  if (order === undefined) return undefined;
  if (isInOrder(order)) return input;
  const previous = links.producer(input);
  if (previous === undefined || !isOperator(previous, 'Transpose')) return undefined;
  const previousOrder = getInts(previous, 'perm');
  return isInOrder(order.map((axis) => previousOrder?.[axis] ?? -1)) ? previous.input[0] : undefined;
}

function isInOrder(order: readonly number[]): boolean {
  return order.every((axis, index) => axis === index);
}

function sameNumbers(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
