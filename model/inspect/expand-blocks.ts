import { isMainLayer } from './group-layers.ts';
import type { LayerRow, LayerTable } from './layer-table.ts';
import type { Layer } from './measure-layers.ts';

/**
 * Splits each block into rows of its layers, in the order of the graph. Small layers, such as activations, share the row of the
 * layer that they read, unless they join several.
 */
export function expandBlocks(table: LayerTable): LayerTable {
  return { ...table, rows: table.rows.flatMap((row) => (row.isBlock ? rowsOfBlock(row) : [row])) };
}

function rowsOfBlock({ layers }: LayerRow): LayerRow[] {
  const groups: Layer[][] = [];
  const groupOf = new Map<string, Layer[]>();
  for (const layer of layers) {
    const [only, ...others] = layer.inputs.map((value) => groupOf.get(value));
    const joined = isMainLayer(layer) || others.length > 0 ? undefined : only;
    const group = joined ?? [];
    if (joined === undefined) groups.push(group);
    group.push(layer);
    for (const value of layer.outputs) groupOf.set(value, group);
  }
  return groups.flatMap(([first, ...rest]) => (first === undefined ? [] : [rowOfLayer(first, rest)]));
}

function rowOfLayer(first: Layer, rest: readonly Layer[]): LayerRow {
  const { name, operator, window, shape, isWeighted, multiplyAdds, receptiveField } = first;
  return {
    ...{ name, operator, isBlock: false, shape: rest.at(-1)?.shape ?? shape, depth: isWeighted ? 1 : 0, multiplyAdds },
    parameters: [first, ...rest].reduce((sum, { parameters }) => sum + parameters, 0),
    ...(window === undefined ? {} : { window }),
    ...(receptiveField === undefined ? {} : { receptiveField }),
    layers: [first, ...rest],
  };
}
