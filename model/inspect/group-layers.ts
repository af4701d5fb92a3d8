import type { Layer } from './measure-layers.ts';

/** Layers that stand in one row of a table: one that counts and the small ones behind it, or a block with branches. */
export interface LayerGroup {
  readonly layers: readonly Layer[];
  /** The layer whose name and output stand for the row: of a block, the one that joins its branches. */
  readonly last: Layer;
  readonly isBlock: boolean;
}

const counting: readonly string[] = [
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
 * Groups layers as papers do: a new row begins where all that follows depends on one value alone. Nodes that neither
 * multiply, pool nor normalise (activations, reshapes, softmax) join the row before them, at the beginning the one
 * behind. The first output's layers come first, then what only another output needs (auxiliary classifiers).
 * @param layers in topological order
 * @param outputs names of the network's outputs
 */
export function groupLayers(layers: readonly Layer[], outputs: readonly string[]): LayerGroup[] {
  const placed = new Set<Layer>();
  return outputs.flatMap((output) => {
    const path = ancestors(layers, output).filter((layer) => !placed.has(layer));
    for (const layer of path) placed.add(layer);
    return mergeSmall(cut(path, output));
  });
}

function ancestors(layers: readonly Layer[], output: string): Layer[] {
  const wanted = new Set([output]);
  const found: Layer[] = [];
  for (const layer of layers.toReversed()) {
    if (!layer.outputs.some((value) => wanted.has(value))) continue;
    found.push(layer);
    for (const value of layer.inputs) wanted.add(value);
  }
  return found.reverse();
}

/** Cuts a path where, of what it has computed so far, one value alone is still read. */
function cut(path: readonly Layer[], output: string): Layer[][] {
  const lastRead = new Map([[output, path.length]]);
  for (const [index, { inputs }] of path.entries()) {
    for (const value of inputs) lastRead.set(value, Math.max(index, lastRead.get(value) ?? 0));
  }
  const segments: Layer[][] = [];
  let segment: Layer[] = [];
  const made = new Set(path.flatMap(({ outputs }) => outputs));
  const alive = new Set(path.flatMap(({ inputs }) => inputs).filter((value) => !made.has(value)));
  for (const [index, layer] of path.entries()) {
    segment.push(layer);
    for (const value of layer.outputs) if ((lastRead.get(value) ?? 0) > index) alive.add(value);
    for (const value of layer.inputs) if (lastRead.get(value) === index) alive.delete(value);
    if (alive.size > 1) continue;
    segments.push(segment);
    segment = [];
  }
  return segment.length === 0 ? segments : [...segments, segment];
}

function mergeSmall(segments: readonly (readonly Layer[])[]): LayerGroup[] {
  const groups: LayerGroup[] = [];
  let before: readonly Layer[] = [];
  for (const segment of segments) {
    const last = segment.at(-1);
    if (last === undefined) continue;
    const group = groups.at(-1);
    if (segment.some(counts)) {
      groups.push({ layers: [...before, ...segment], last, isBlock: segment.length > 1 });
      before = [];
    } else if (group === undefined) before = [...before, ...segment];
    else groups[groups.length - 1] = { ...group, layers: [...group.layers, ...segment] };
  }
  const last = before.at(-1);
  return last === undefined ? groups : [...groups, { layers: before, last, isBlock: false }];
}

function counts({ multiplyAdds, operator }: Layer): boolean {
  return multiplyAdds > 0 || counting.includes(operator);
}
