import { getInt, getInts } from '../../graph/attribute.ts';
import type { Graph } from '../../graph/graph.ts';
import { isOperator } from '../../graph/node.ts';
import type { NodeProto } from '../../onnx/onnx_pb.ts';
import { elementCount } from '../../onnx/tensor.ts';
import { blockName } from '../layer-table.ts';
import type { Layer } from '../measure-layers.ts';
import { networkLayers } from '../network-layers.ts';
import { ancestors, splitPath } from '../split-path.ts';
import { inferValueShapes } from '../value-shapes.ts';
import { type Cut, smallestCut } from './smallest-cut.ts';

/** A convolution with constant weights. */
export interface Convolution {
  readonly filters: number;
  /** Channels that each filter reads. */
  readonly channels: number;
  readonly groups: number;
  /** Height, width. */
  readonly kernel: readonly [number, number];
}

/** A layer of the path from the image to the first output. */
export interface PathLayer {
  readonly layer: Layer;
  /** Pixels of the image between two adjacent elements of its output: down, across. */
  readonly stride: readonly [number, number];
  readonly convolution?: Convolution;
}

/** A layer, or branches between two values that everything passes through. */
export interface Block {
  /** Name of its only layer, or the common beginning of the names of its layers. */
  readonly name: string;
  readonly layers: readonly PathLayer[];
  /** Its last layer, which computes its output. */
  readonly last: PathLayer;
  /** Output: channels, height, width. */
  readonly map: readonly [channels: number, height: number, width: number];
  readonly cut: Cut;
}

/** The part of a network whose values are maps, block by block. */
export interface MapPath {
  /** Shape of the image. */
  readonly image: readonly number[];
  /** Values of the smallest cut before the first block, such as those of a gray image. */
  readonly imageValues: number;
  /** From the first convolution or pool to the last map of more than one pixel. */
  readonly blocks: readonly Block[];
}

const windowed = ['Conv', 'ConvInteger', 'MaxPool', 'AveragePool', 'LpPool'] as const;

/**
 * Reads the blocks of a network that compute maps [channels, height, width].
 * @throws {UserError} if it does not take a single image, does not run, or has subgraphs
 */
export async function readMapPath(graph: Graph): Promise<MapPath> {
  const values = await inferValueShapes(graph);
  const layers = networkLayers(graph, values);
  const output = graph.outputs[0]?.name ?? '';
  const nodes = new Map(graph.nodes.flatMap((node) => node.output.map((value) => [value, node] as const)));
  const nodeOf = ({ outputs }: Layer) => nodes.get(outputs[0] ?? '');
  const sizes = new Map(Array.from(values.shapes, ([name, shape]) => [name, elementCount(shape)]));
  const path = ancestors(layers, output);
  const strides = stridesOf(path, nodeOf);
  const blocks = splitPath(path, output).map((segment): Block => {
    const described = segment.map((layer) => ({
      layer,
      stride: strides.get(layer) ?? [1, 1],
      ...withConvolution(nodeOf(layer), values.shapes),
    }));
    const last = described.at(-1);
    if (last === undefined) throw new Error('a block without layers');
    const [, channels = 0, height = 1, width = 1] = last.layer.shape;
    return {
      name: segment.length === 1 ? last.layer.name : blockName(segment, last.layer.name),
      layers: described,
      last,
      map: [channels, height, width],
      cut: smallestCut(segment, last.layer.outputs[0] ?? '', sizes),
    };
  });
  const first = blocks.findIndex((block) =>
    block.layers.some(({ layer }) => layer.isColor === undefined && isWindowed(nodeOf(layer))),
  );
  const end = blocks.findLastIndex(({ last }) => isMap(last.layer.shape));
  const before = blocks.slice(0, Math.max(0, first));
  return {
    image: values.image.shape,
    imageValues: Math.min(elementCount(values.image.shape), ...before.map(({ cut }) => cut.size)),
    blocks: first === -1 ? [] : blocks.slice(first, end + 1),
  };
}

/** A vector per image, such as a global average, has one axis of more than one element besides the batch, wherever its channels are. */
function isMap([, ...shape]: readonly number[]): boolean {
  return shape.length === 3 && shape.filter((length) => length > 1).length > 1;
}

function isWindowed(node: NodeProto | undefined): boolean {
  return node !== undefined && isOperator(node, ...windowed);
}

/** The stride of each layer's output: that of its inputs, times its own. */
function stridesOf(
  path: readonly Layer[],
  nodeOf: (layer: Layer) => NodeProto | undefined,
): ReadonlyMap<Layer, readonly [number, number]> {
  const byValue = new Map<string, readonly [number, number]>();
  const byLayer = new Map<Layer, readonly [number, number]>();
  for (const layer of path) {
    const inputs = layer.inputs.map((value) => byValue.get(value) ?? [1, 1]);
    const [down, across] = ownStride(nodeOf(layer));
    const stride = [
      down * Math.max(1, ...inputs.map(([y = 1]) => y)),
      across * Math.max(1, ...inputs.map(([, x = 1]) => x)),
    ] as const;
    byLayer.set(layer, stride);
    for (const value of layer.outputs) byValue.set(value, stride);
  }
  return byLayer;
}

function ownStride(node: NodeProto | undefined): readonly [number, number] {
  if (node === undefined) return [1, 1];
  if (isOperator(node, 'SpaceToDepth')) {
    const size = getInt(node, 'blocksize', 1);
    return [size, size];
  }
  const [down = 1, across = 1] = isWindowed(node) ? (getInts(node, 'strides') ?? []) : [];
  return [down, across];
}

function withConvolution(
  node: NodeProto | undefined,
  shapes: ReadonlyMap<string, readonly number[]>,
): { convolution?: Convolution } {
  if (node === undefined || !isOperator(node, 'Conv')) return {};
  const [filters, channels, height, width, ...further] = shapes.get(node.input[1] ?? '') ?? [];
  if (!filters || !channels || !height || !width || further.length > 0) return {};
  return { convolution: { filters, channels, groups: getInt(node, 'group', 1), kernel: [height, width] } };
}
