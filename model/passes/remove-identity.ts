import { getInt, getInts } from '../graph/attribute.ts';
import { bypassNodes } from '../graph/bypass-nodes.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { type Links, linksOf } from '../graph/links.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { constantIntegers } from './constant-integers.ts';
import type { ValueTypes } from './value-types.ts';

/**
 * Removes nodes that hand on what they are given. Legal only if the node's output is no output of the graph, whose name
 * would be lost, and it is
 * 1. an Identity,
 * 2. a Concat, Sum, Max, Min or Mean of one value,
 * 3. a Pad by zero on every side,
 * 4. a Transpose that leaves the axes where they are, or that undoes the Transpose before it,
 * 5. a Cast to the element type that its input has already,
 * 6. a Reshape, Flatten, Squeeze, Unsqueeze or Expand to the shape that its input has already, or
 * 7. a Slice that takes every element, in order.
 * @param types of the values at a batch of 1, which 5 to 7 go by: a value without a type is not looked at. What a node
 *   does not change in one image it is taken not to change in any.
 */
export function removeIdentity(graph: Graph, types: ValueTypes): PassResult {
  const links = linksOf(graph);
  const standIns = new Map<NodeProto, string>();
  for (const node of graph.nodes) {
    const [output = ''] = node.output;
    if (links.isOutput(output)) continue;
    const standIn = standInFor(node, { graph, links, types });
    if (standIn !== undefined) standIns.set(node, standIn);
  }
  if (standIns.size === 0) return { graph, modified: false };
  return { graph: bypassNodes(graph, standIns), modified: true };
}

interface Surroundings {
  readonly graph: Graph;
  readonly links: Links;
  readonly types: ValueTypes;
}

/** The value that equals what a node gives. */
function standInFor(node: NodeProto, surroundings: Surroundings): string | undefined {
  const [input = ''] = node.input;
  if (isOperator(node, 'Transpose')) return untransposed(node, surroundings.links);
  return changesNothing(node, input, surroundings) ? input : undefined;
}

function changesNothing(node: NodeProto, input: string, { graph, types }: Surroundings): boolean {
  const given = types.get(input);
  const made = types.get(node.output[0] ?? '');
  const sameShape = given !== undefined && made !== undefined && sameNumbers(given.shape, made.shape);
  if (isOperator(node, 'Identity')) return true;
  if (isOperator(node, 'Concat', 'Sum', 'Max', 'Min', 'Mean')) return node.input.length === 1;
  if (isOperator(node, 'Pad')) {
    const pads = getInts(node, 'pads') ?? constantIntegers(graph, node.input[1]);
    return pads?.every((size) => size === 0) ?? false;
  }
  if (isOperator(node, 'Cast')) return given !== undefined && given.dataType === getInt(node, 'to', -1);
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
  // Without its attribute a Transpose reverses all axes, however many there are.
  if (order === undefined) return undefined;
  if (isInOrder(order)) return input;
  const before = links.producer(input);
  if (before === undefined || !isOperator(before, 'Transpose')) return undefined;
  const earlier = getInts(before, 'perm');
  const together = order.map((axis) => earlier?.[axis] ?? -1);
  return isInOrder(together) ? before.input[0] : undefined;
}

function isInOrder(order: readonly number[]): boolean {
  return order.every((axis, place) => axis === place);
}

function sameNumbers(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
