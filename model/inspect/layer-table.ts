import type { Graph } from '../graph/graph.ts';
import { groupLayers, type LayerGroup } from './group-layers.ts';
import { type Layer, measureLayers } from './measure-layers.ts';
import { inferValueShapes } from './value-shapes.ts';

/** One layer with the small nodes around it, or a block of branches such as an inception module. */
export interface LayerRow {
  readonly name: string;
  readonly operator: string;
  readonly isBlock: boolean;
  readonly window?: Layer['window'];
  /** Shape of its output, the batch first. */
  readonly shape: readonly number[];
  /** Layers with weights on the longest path through it. */
  readonly depth: number;
  readonly parameters: number;
  readonly multiplyAdds: number;
  /** Height and width of what an element of the output depends on, pixels; absent where it cannot be told. */
  readonly receptiveField?: readonly [number, number];
  readonly layers: readonly Layer[];
}

/** For one image. */
export interface LayerTable {
  /** Shape of the image that the network was run on. */
  readonly image: readonly number[];
  readonly rows: readonly LayerRow[];
  readonly totals: {
    /** Layers with weights on the longest path. */
    readonly depth: number;
    readonly parameters: number;
    readonly multiplyAdds: number;
    /** Operators with weights whose multiply-adds are not known here, and are left out. */
    readonly uncounted: readonly string[];
  };
}

/** Standard operators that multiply by their weights in ways not counted here. */
const otherProducts: readonly string[] = ['LSTM', 'GRU', 'RNN', 'Einsum', 'DeformConv'];

/**
 * Measures a network layer by layer.
 * @throws {UserError} when it takes no single image, does not run, or holds graphs in its nodes.
 */
export async function layerTable(graph: Graph): Promise<LayerTable> {
  const values = await inferValueShapes(graph);
  const layers = measureLayers(graph, values);
  const groups = groupLayers(
    layers,
    graph.outputs.map(({ name }) => name),
  );
  const isUnknown = ({ operator }: Layer) => operator.includes('.') || otherProducts.includes(operator);
  return {
    image: values.image.shape,
    rows: groups.map(rowOf),
    totals: {
      depth: Math.max(0, ...layers.map(({ depth }) => depth)),
      ...sums(layers),
      uncounted: [
        ...new Set(layers.filter((layer) => isUnknown(layer) && layer.parameters > 0).map(({ operator }) => operator)),
      ],
    },
  };
}

function rowOf({ layers, last, isBlock }: LayerGroup): LayerRow {
  const { operator, shape, window, receptiveField } = last;
  const before = Math.min(...layers.map(({ depth, isWeighted }) => depth - (isWeighted ? 1 : 0)));
  return {
    name: isBlock ? blockName(layers, last.name) : last.name,
    operator,
    isBlock,
    ...(window === undefined ? {} : { window }),
    shape,
    depth: Math.max(...layers.map(({ depth }) => depth)) - before,
    ...sums(layers),
    ...(receptiveField === undefined ? {} : { receptiveField }),
    layers,
  };
}

/** What the names of a block's layers have in common, up to a slash: `inception_3a`. */
function blockName(layers: readonly Layer[], fallback: string): string {
  const [first = [], ...others] = layers.map(({ name }) => name.split('/').slice(0, -1));
  const differs = first.findIndex((part, index) => others.some((other) => other[index] !== part));
  return (differs === -1 ? first : first.slice(0, differs)).join('/') || fallback;
}

function sums(layers: readonly Layer[]): { parameters: number; multiplyAdds: number } {
  return {
    parameters: layers.reduce((sum, layer) => sum + layer.parameters, 0),
    multiplyAdds: layers.reduce((sum, layer) => sum + layer.multiplyAdds, 0),
  };
}
