import { getInt, getInts, getString, intsAttribute } from '../graph/attribute.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { type Links, linksOf } from '../graph/links.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import type { ValueTypes } from './value-types.ts';

/**
 * States the padding of convolutions and pools that leave it to `auto_pad`. Legal only if the input has a known shape
 * [batch, channels, height, width] and the weights or the node state the window, and the node is no pool after a Pad: the
 * runtime joins a Pad with a pool that states its padding, loses its zeros before a maximum, and refuses a Pad as large as the
 * window. Other nodes are left unchanged.
 * @param types of the values at a batch of 1
 */
export function explicitPadding(graph: Graph, types: ValueTypes): PassResult {
  let modified = false;
  const links = linksOf(graph);
  const nodes = graph.nodes.map((node) => {
    const pads = isOperator(node, 'AveragePool', 'Conv', 'MaxPool') ? padsOf(node, types) : undefined;
    if (pads === undefined || isPaddedPool(node, links)) return node;
    modified = true;
    const attribute = node.attribute.filter(({ name }) => name !== 'auto_pad' && name !== 'pads');
    return { ...node, attribute: [...attribute, intsAttribute('pads', pads)] };
  });
  return modified ? { graph: { ...graph, nodes }, modified } : { graph, modified };
}

/** True for a pool that reads a Pad. */
function isPaddedPool(node: NodeProto, links: Links): boolean {
  const producer = links.producer(node.input[0] ?? '');
  return isOperator(node, 'AveragePool', 'MaxPool') && producer !== undefined && isOperator(producer, 'Pad');
}

/** Undefined if the node states its padding itself, or a size is not known. */
function padsOf(node: NodeProto, types: ValueTypes): number[] | undefined {
  const rule = getString(node, 'auto_pad', 'NOTSET');
  const shape = types.get(node.input[0] ?? '')?.shape;
  const weights = isOperator(node, 'Conv') ? types.get(node.input[1] ?? '')?.shape.slice(2) : undefined;
  const kernel = getInts(node, 'kernel_shape') ?? weights;
  if (rule === 'NOTSET' || shape?.length !== 4 || kernel?.length !== 2) return undefined;
  if (rule === 'VALID') return [0, 0, 0, 0];
  if (getInt(node, 'ceil_mode', 0) === 1) return undefined;
  const totals = kernel.map((length, axis) => {
    const size = shape[axis + 2] ?? 0;
    const stride = getInts(node, 'strides')?.[axis] ?? 1;
    const reach = (length - 1) * (getInts(node, 'dilations')?.[axis] ?? 1) + 1;
    return Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size);
  });
  const smaller = totals.map((total) => Math.floor(total / 2));
  const larger = totals.map((total) => Math.ceil(total / 2));
  return rule === 'SAME_LOWER' ? [...larger, ...smaller] : [...smaller, ...larger];
}
