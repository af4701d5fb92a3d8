import type { Graph } from '../graph/graph.ts';
import { type Layer, measureLayers } from './measure-layers.ts';
import { ancestors, splitPath } from './split-path.ts';
import type { ValueShapes } from './value-shapes.ts';

/**
 * Measures the layers of a network. Products in front of it that only compute colors from the color of each pixel, such as
 * the luminance for a grayscale network, are marked and do not count for the depth.
 */
export function networkLayers(graph: Graph, values: ValueShapes): Layer[] {
  const layers = measureLayers(graph, values);
  const colors = colorLayers(layers, graph.outputs[0]?.name ?? '', values.image.shape);
  if (colors.size === 0) return layers;
  const depths = new Map<string, number>();
  return layers.map((layer) => {
    const isColor = colors.has(layer);
    const isWeighted = layer.isWeighted && !isColor;
    const depth = Math.max(0, ...layer.inputs.map((value) => depths.get(value) ?? 0)) + (isWeighted ? 1 : 0);
    for (const value of layer.outputs) depths.set(value, depth);
    return { ...layer, isWeighted, depth, ...(isColor ? { isColor } : {}) };
  });
}

/**
 * Conv and MatMul layers at the beginning of the path to an output, if
 * 1. everything passes through them, and only layers of single pixels without weights are before them,
 * 2. they read one pixel for each of their outputs, which have at most as many channels as the image,
 * 3. another layer with weights follows.
 */
function colorLayers(layers: readonly Layer[], output: string, image: readonly number[]): ReadonlySet<Layer> {
  const channels = Math.min(...image.slice(1));
  const segments = splitPath(ancestors(layers, output), output);
  const isOfNetwork = (layer: Layer) => layer.isWeighted || layer.window !== undefined;
  const end = segments.findIndex(
    (segment) =>
      segment.some(isOfNetwork) && !(segment.length === 1 && segment.every((layer) => mixesColors(layer, channels))),
  );
  const isFollowed = end !== -1 && segments.slice(end).some((segment) => segment.some(({ isWeighted }) => isWeighted));
  return new Set(isFollowed ? segments.slice(0, end).flatMap((segment) => segment.filter(isOfNetwork)) : []);
}

function mixesColors({ operator, shape, window, isWeighted }: Layer, channels: number): boolean {
  if (!isWeighted || shape.length !== 4) return false;
  if (operator === 'MatMul') return (shape[3] ?? 0) <= channels;
  const isPixel = window !== undefined && [...window.kernel, ...window.strides].every((size) => size === 1);
  return operator === 'Conv' && isPixel && (shape[1] ?? 0) <= channels;
}
