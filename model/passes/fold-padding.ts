import { getFloat, getInt, getInts, getString, intAttribute, intsAttribute } from '../graph/attribute.ts';
import { bypassNodes } from '../graph/bypass-nodes.ts';
import type { Graph, PassResult } from '../graph/graph.ts';
import { type Links, linksOf } from '../graph/links.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { floatData } from '../onnx/tensor.ts';
import { constantIntegers } from './constant-integers.ts';
import { floatInitializer } from './float-initializer.ts';

/** Pixels added before and after the rows and the columns: [top, left, bottom, right]. */
type Padding = readonly [number, number, number, number];

/**
 * Moves the zeros that a Pad adds around a map [N, channels, height, width] into the padding of its readers. Legal only if
 * 1. it adds zeros, a constant number of them, and only to rows and columns,
 * 2. its output is not an output of the graph, and each reader is a pool or a Conv that states its own padding, and
 * 3. the zeros count for that reader: always for a Conv; for an AveragePool without padding of its own and without
 *    ceil mode, or one that counts it; for a MaxPool only if the map has no values below 0, and
 * 4. the padding of a pool stays smaller than its window, which the runtime requires.
 */
export function foldPadding(graph: Graph): PassResult {
  const links = linksOf(graph);
  const bypassed = new Map<NodeProto, string>();
  const padded = new Map<NodeProto, NodeProto>();
  for (const node of graph.nodes) {
    const padding = paddingOf(node, graph);
    const [output = ''] = node.output;
    if (padding === undefined || links.isOutput(output)) continue;
    const readers = links.consumers(output);
    const [input = ''] = node.input;
    const changed = readers.map((reader) => withPadding(reader, padding, { input, output, links }));
    if (changed.length === 0 || changed.includes(undefined)) continue;
    bypassed.set(node, input);
    for (const [index, reader] of readers.entries()) padded.set(reader, changed[index] ?? reader);
  }
  if (bypassed.size === 0) return { graph, modified: false };
  const nodes = graph.nodes.map((node) => padded.get(node) ?? node);
  return { graph: bypassNodes({ ...graph, nodes }, bypassed), modified: true };
}

function paddingOf(node: NodeProto, graph: Graph): Padding | undefined {
  if (!isOperator(node, 'Pad') || getString(node, 'mode', 'constant') !== 'constant') return undefined;
  const [, pads, value = '', axes = ''] = node.input;
  const constant = value === '' ? undefined : floatInitializer(graph, value);
  if (value !== '' && constant === undefined) return undefined;
  if ((constant === undefined ? getFloat(node, 'value', 0) : floatData(constant)[0]) !== 0 || axes !== '')
    return undefined;
  const sizes = getInts(node, 'pads') ?? constantIntegers(graph, pads);
  if (sizes?.length !== 8 || sizes.some((size) => size < 0)) return undefined;
  const [batchStart, channelStart, top = 0, left = 0, batchEnd, channelEnd, bottom = 0, right = 0] = sizes;
  const others = [batchStart, channelStart, batchEnd, channelEnd];
  return others.every((size) => size === 0) ? [top, left, bottom, right] : undefined;
}

interface Context {
  /** What the Pad reads and gives. */
  readonly input: string;
  readonly output: string;
  readonly links: Links;
}

function withPadding(reader: NodeProto, padding: Padding, { input, output, links }: Context): NodeProto | undefined {
  if (reader.input[0] !== output || reader.input.lastIndexOf(output) > 0) return undefined;
  if (getString(reader, 'auto_pad', 'NOTSET') !== 'NOTSET') return undefined;
  const before = getInts(reader, 'pads') ?? [0, 0, 0, 0];
  const pads = padding.map((size, index) => size + (before[index] ?? 0));
  const others = reader.attribute.filter(({ name }) => !['pads', 'count_include_pad'].includes(name));
  const attribute = [...others, intsAttribute('pads', pads)];
  if (isOperator(reader, 'Conv')) return { ...reader, attribute };
  const kernel = getInts(reader, 'kernel_shape') ?? [];
  const plain = (getInts(reader, 'dilations') ?? []).every((step) => step === 1);
  if (!plain || pads.some((size, index) => size >= (kernel[index % 2] ?? 0))) return undefined;
  if (isOperator(reader, 'AveragePool')) {
    const counts = before.every((size) => size === 0) || getInt(reader, 'count_include_pad', 0) === 1;
    if (!counts || getInt(reader, 'ceil_mode', 0) === 1) return undefined;
    return { ...reader, attribute: [...attribute, intAttribute('count_include_pad', 1)] };
  }
  if (!isOperator(reader, 'MaxPool') || reader.output.length > 1) return undefined;
  const producer = links.producer(input);
  return producer !== undefined && isOperator(producer, 'Relu') ? { ...reader, attribute } : undefined;
}
