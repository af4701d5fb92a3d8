import type { Graph } from '../../model/graph/graph.ts';
import { layerTable } from '../../model/inspect/layer-table.ts';

/** Options of a network as in its paper, without batch normalization. */
export const plain = { classes: 1000, width: 1, batchNorm: false, dropout: false, seed: 1 } as const;
/** Small enough to build and run in milliseconds. */
export const small = { ...plain, classes: 7, size: 32, width: 0.125 } as const;

/** Rows of `model inspect` as name, output shape and number of layers with weights on the longest path. */
export async function rowsOf(graph: Graph): Promise<[string, string, number][]> {
  const { rows } = await layerTable(graph);
  return rows.map(({ name, shape, depth }) => [name, shape.slice(1).join('×'), depth]);
}
