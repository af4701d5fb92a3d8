import type { Layer } from './measure-layers.ts';
import { ancestors, splitPath } from './split-path.ts';

/** The layers in one row of the table: a main layer with the small ones after it, or a block with branches. */
export interface LayerGroup {
  readonly layers: readonly Layer[];
  /** The layer whose name and output the row shows: in a block, the layer that joins the branches. */
  readonly last: Layer;
  readonly isBlock: boolean;
}

const mainOperators: readonly string[] = [
  'MaxPool',
  'AveragePool',
  'LpPool',
  'GlobalAveragePool',
  'GlobalMaxPool',
  'LRN',
  'InstanceNormalization',
  'LayerNormalization',
];

/**
 * Groups layers as in papers. A new row begins after each layer whose output is the only value that later layers read.
 * Layers that do not multiply, pool or normalize (activations, reshapes, softmax) join the previous row, or the first
 * one. The layers of the first output come first, then those that only other outputs need (auxiliary classifiers).
 * @param layers in topological order
 * @param outputs names of the network's outputs
 */
export function groupLayers(layers: readonly Layer[], outputs: readonly string[]): LayerGroup[] {
  const placed = new Set<Layer>();
  return outputs.flatMap((output) => {
    const path = ancestors(layers, output).filter((layer) => !placed.has(layer));
    for (const layer of path) placed.add(layer);
    return mergeSmallLayers(splitPath(path, output));
  });
}

function mergeSmallLayers(segments: readonly (readonly Layer[])[]): LayerGroup[] {
  const groups: LayerGroup[] = [];
  let leading: readonly Layer[] = [];
  for (const segment of segments) {
    const last = segment.at(-1);
    if (last === undefined) continue;
    const group = groups.at(-1);
    if (segment.some(isMainLayer)) {
      groups.push({ layers: [...leading, ...segment], last, isBlock: segment.length > 1 });
      leading = [];
    } else if (group === undefined) leading = [...leading, ...segment];
    else groups[groups.length - 1] = { ...group, layers: [...group.layers, ...segment] };
  }
  const last = leading.at(-1);
  return last === undefined ? groups : [...groups, { layers: leading, last, isBlock: false }];
}

/** True if the layer multiplies, pools or normalizes. */
export function isMainLayer({ multiplyAdds, operator }: Layer): boolean {
  return multiplyAdds > 0 || mainOperators.includes(operator);
}
