import type { Graph } from '../graph/graph.ts';
import { groupLayers, type LayerGroup } from './group-layers.ts';
import type { Layer } from './measure-layers.ts';
import { networkLayers } from './network-layers.ts';
import { inferValueShapes } from './value-shapes.ts';

/** A layer with the small layers around it, or a block of branches such as an inception module. */
export interface LayerRow {
  readonly name: string;
  readonly operator: string;
  readonly isBlock: boolean;
  readonly window?: Layer['window'];
  /** Shape of its output, batch first. */
  readonly shape: readonly number[];
  /** Layers with weights on the longest path through it. */
  readonly depth: number;
  readonly parameters: number;
  readonly multiplyAdds: number;
  /** Height and width in pixels; absent if unknown. */
  readonly receptiveField?: readonly [number, number];
  readonly layers: readonly Layer[];
}

/** The layers of a network, measured for one image. */
export interface LayerTable {
  /** Shape of the image. */
  readonly image: readonly number[];
  readonly rows: readonly LayerRow[];
  readonly totals: {
    /** Layers with weights on the longest path. */
    readonly depth: number;
    readonly parameters: number;
    readonly multiplyAdds: number;
    /** Operators with weights whose multiply-adds are unknown and not included. */
    readonly uncounted: readonly string[];
  };
}

/** Standard operators with weights whose multiply-adds are not counted. */
const uncountedOperators: readonly string[] = ['LSTM', 'GRU', 'RNN', 'Einsum', 'DeformConv'];

/**
 * Measures a network layer by layer.
 * @throws {UserError} if it does not take a single image, does not run, or has subgraphs
 */
export async function layerTable(graph: Graph): Promise<LayerTable> {
  const values = await inferValueShapes(graph);
  const layers = networkLayers(graph, values);
  const groups = groupLayers(
    layers,
    graph.outputs.map(({ name }) => name),
  );
  const isUncounted = ({ operator, parameters }: Layer) =>
    parameters > 0 && (operator.includes('.') || uncountedOperators.includes(operator));
  return {
    image: values.image.shape,
    rows: groups.map(rowOf),
    totals: {
      depth: Math.max(0, ...layers.map(({ depth }) => depth)),
      ...sums(layers),
      uncounted: [...new Set(layers.filter(isUncounted).map(({ operator }) => operator))],
    },
  };
}

function rowOf({ layers, last, isBlock }: LayerGroup): LayerRow {
  const { operator, shape, window, receptiveField } = last;
  const depthBefore = Math.min(...layers.map(({ depth, isWeighted }) => depth - (isWeighted ? 1 : 0)));
  return {
    name: isBlock ? blockName(layers, last.name) : last.name,
    operator,
    isBlock,
    ...(window === undefined ? {} : { window }),
    shape,
    depth: Math.max(...layers.map(({ depth }) => depth)) - depthBefore,
    ...sums(layers),
    ...(receptiveField === undefined ? {} : { receptiveField }),
    layers,
  };
}

/** The common prefix of the layer names in a block, up to a slash, such as `inception_3a`. */
export function blockName(layers: readonly Layer[], fallback: string): string {
  const [first = [], ...others] = layers.map(({ name }) => name.split('/').slice(0, -1));
  const length = first.findIndex((segment, index) => others.some((other) => other[index] !== segment));
  return (length === -1 ? first : first.slice(0, length)).join('/') || fallback;
}

function sums(layers: readonly Layer[]): { parameters: number; multiplyAdds: number } {
  return {
    parameters: layers.reduce((sum, layer) => sum + layer.parameters, 0),
    multiplyAdds: layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0),
  };
}
