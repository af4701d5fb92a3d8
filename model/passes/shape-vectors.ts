import { getInt, getInts } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { tensorShape } from '../onnx/tensor.ts';
import { constantIntegers } from './constant-integers.ts';
import type { ValueTypes } from './value-types.ts';

/** One element of a shape that a network computes: the batch size, or a number that does not depend on it. */
export type Axis = 'batch' | number;

/** Shapes and slices of shapes by the value's name. */
export type ShapeVectors = ReadonlyMap<string, readonly Axis[]>;

/**
 * Evaluates the shape arithmetic of exporters symbolically: Shape, Gather, Slice, Concat and products. The first axis
 * of every value that depends on the images is the batch; the other axes are as in `types`. A value with several rows
 * per image, such as the windows of a Swin transformer, is not evaluated.
 * @param images the values that depend on the images
 * @returns without the values that cannot be evaluated
 */
export function traceShapeVectors(graph: Graph, types: ValueTypes, images: ReadonlySet<string>): ShapeVectors {
  const known = new Map<string, readonly Axis[]>();
  const batch = types.get(graph.inputs[0]?.name ?? '')?.shape[0];
  const perImage = new Set([...images].filter((name) => (types.get(name)?.shape[0] ?? batch) === batch));
  const lookUp = (name: string): readonly Axis[] | undefined => known.get(name) ?? constantVector(graph, name);
  for (const node of graph.nodes) {
    const vector = isOperator(node, 'Shape')
      ? shapeOf(node, types, { images, perImage })
      : vectorOf(node, graph.opset, lookUp);
    if (vector !== undefined) known.set(node.output[0] ?? '', vector);
  }
  return known;
}

/** The values that depend on the content of an input, not only on its shape. */
export function imageValues({ inputs, nodes }: Graph): ReadonlySet<string> {
  const images = new Set(inputs.map(({ name }) => name));
  for (const node of nodes) {
    if (isOperator(node, 'Shape', 'Size') || !node.input.some((name) => images.has(name))) continue;
    for (const name of node.output) images.add(name);
  }
  return images;
}

type LookUp = (name: string) => readonly Axis[] | undefined;

function constantVector(graph: Graph, name: string): readonly Axis[] | undefined {
  const tensor = graph.initializers.get(name);
  return tensor === undefined || tensorShape(tensor).length > 1 ? undefined : constantIntegers(graph, name);
}

function shapeOf(
  node: NodeProto,
  types: ValueTypes,
  { images, perImage }: { readonly images: ReadonlySet<string>; readonly perImage: ReadonlySet<string> },
): readonly Axis[] | undefined {
  const [value = ''] = node.input;
  if (images.has(value) && !perImage.has(value)) return undefined;
  const axes = types.get(value)?.shape.map((size, axis): Axis => (axis === 0 && images.has(value) ? 'batch' : size));
  return axes?.slice(getInt(node, 'start', 0), getInt(node, 'end', axes.length));
}

function vectorOf(node: NodeProto, opset: number, lookUp: LookUp): readonly Axis[] | undefined {
  const [first, second] = node.input.map(lookUp);
  if (isOperator(node, 'Cast', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze')) return first;
  if (isOperator(node, 'Concat')) return allKnown(node.input.map(lookUp))?.flat();
  if (isOperator(node, 'Gather')) return second && allKnown(second.map((index) => elementAt(first, index)));
  if (isOperator(node, 'Slice')) return sliceOf(node, opset, first, lookUp);
  if (isOperator(node, 'Add', 'Sub', 'Mul', 'Div')) return combine(node.opType, first, second);
  return undefined;
}

/** The items; undefined if one of them is unknown. */
function allKnown<T>(items: readonly (T | undefined)[]): readonly T[] | undefined {
  const known = items.filter((item) => item !== undefined);
  return known.length === items.length ? known : undefined;
}

function elementAt(axes: readonly Axis[] | undefined, index: Axis): Axis | undefined {
  return index === 'batch' ? undefined : axes?.at(index);
}

function sliceOf(node: NodeProto, opset: number, axes: readonly Axis[] | undefined, lookUp: LookUp) {
  const parameter = (name: string, index: number) =>
    opset < 10 ? getInts(node, name) : lookUp(node.input[index] ?? '');
  const [start] = parameter('starts', 1) ?? [];
  const [end] = parameter('ends', 2) ?? [];
  const [step = 1] = opset < 10 ? [] : (lookUp(node.input[4] ?? '') ?? []);
  if (typeof start !== 'number' || typeof end !== 'number' || step !== 1) return undefined;
  return axes?.slice(start, end);
}

function combine(
  operator: string,
  first: readonly Axis[] | undefined,
  second: readonly Axis[] | undefined,
): readonly Axis[] | undefined {
  if (first === undefined || second === undefined) return undefined;
  const length = Math.max(first.length, second.length);
  const at = (axes: readonly Axis[], index: number) => axes[axes.length === 1 ? 0 : index];
  return allKnown(Array.from({ length }, (_, index) => combineAxes(operator, at(first, index), at(second, index))));
}

function combineAxes(operator: string, left: Axis | undefined, right: Axis | undefined): Axis | undefined {
  if (left === 'batch' || right === 'batch') {
    // Only the batch itself can be represented, not a multiple of it.
    if (operator === 'Mul' && (left === 1 || right === 1)) return 'batch';
    return operator === 'Div' && right === 1 ? left : undefined;
  }
  if (left === undefined || right === undefined) return undefined;
  if (operator === 'Add') return left + right;
  if (operator === 'Sub') return left - right;
  return operator === 'Mul' ? left * right : Math.trunc(left / right);
}
