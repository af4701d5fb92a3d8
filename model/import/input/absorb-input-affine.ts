import type { Preprocess } from '../../../shared/models/model-manifest.ts';
import { intsAttribute } from '../../graph/attribute.ts';
import type { Graph } from '../../graph/graph.ts';
import { linksOf } from '../../graph/links.ts';
import { freshName } from '../../graph/names.ts';
import { makeNode } from '../../graph/node.ts';
import { tensorType } from '../../graph/value.ts';
import { type PixelAffine, pixelAffines } from '../../passes/pixel-affine.ts';

/** scale × (pixel − mean) per channel, RGB. */
type Normalization = Pick<Preprocess, 'mean' | 'scale'>;

/**
 * Moves the network's first arithmetic on the channels of its image, [N, channels, height, width], into the normalization
 * of the image: a·(scale·(pixel − mean)) + b = (a·scale)·(pixel − (mean − b ÷ (a·scale))). Covers every form that
 * `pixelAffines` reads, such as torchvision's `transform_input`, which scales each channel separately. Legal only if
 * 1. the network reads the image only through one value that is affine in its channels, in the order of the image, and
 * 2. no factor is 0, and that value is not an output of the graph.
 * The channel of a grayscale network is a weighted mean of the three, so its factor and offset apply to each.
 * Equal up to rounding. The old nodes stay: remove unused nodes afterwards.
 * @param networkOrder order of the channels in the network's input
 * @returns the network with that value read from its input, and the normalization that it now needs
 */
export function absorbInputAffine(
  graph: Graph,
  { mean, scale }: Normalization,
  networkOrder: 'RGB' | 'BGR',
): Normalization & { readonly graph: Graph } {
  const [input] = graph.inputs;
  const count = (input && tensorType(input).shape?.[1]) === 1 ? 1 : 3;
  const name = input?.name ?? '';
  const affines = pixelAffines(graph, { name, channels: count, axis: 1, rank: 4 });
  const value = passages(graph, name, affines).findLast((each) => isAbsorbable(affines.get(each), count));
  const { axis, channels } = affines.get(value ?? '') ?? { channels: [] };
  const isArithmetic = channels.some(({ factor, offset }) => factor !== 1 || offset !== 0);
  if (value === undefined || axis === undefined || !isArithmetic) return { graph, mean, scale };
  const of = (channel: number) => channels[count === 1 ? 0 : networkOrder === 'RGB' ? channel : 2 - channel];
  const newScale = (channel: 0 | 1 | 2) => scale[channel] * (of(channel)?.factor ?? Number.NaN);
  const newMean = (channel: 0 | 1 | 2) => mean[channel] - (of(channel)?.offset ?? Number.NaN) / newScale(channel);
  return {
    graph: readInput(graph, value, name, axis),
    mean: [newMean(0), newMean(1), newMean(2)],
    scale: [newScale(0), newScale(1), newScale(2)],
  };
}

/** The values through which the network reads its image, and which are affine in its pixels: each alone is enough to compute the rest. */
function passages(graph: Graph, image: string, affines: ReadonlyMap<string, PixelAffine>): string[] {
  const links = linksOf(graph);
  const readByOthers = (value: string) =>
    links.isOutput(value) || links.consumers(value).some(({ output }) => output.some((name) => !affines.has(name)));
  const isBypassed = (passage: string) => {
    const reached = [image].filter((name) => name !== passage);
    // Values are appended while they are followed.
    for (const value of reached) {
      if (readByOthers(value)) return true;
      const next = links.consumers(value).flatMap(({ output }) => output);
      reached.push(...next.filter((name) => name !== passage && !reached.includes(name)));
    }
    return false;
  };
  return Array.from(affines.keys()).filter((value) => !links.isOutput(value) && !isBypassed(value));
}

function isAbsorbable(affine: PixelAffine | undefined, count: number): boolean {
  if (affine?.rank !== 4 || affine.axis === undefined || affine.channels.length !== count) return false;
  return affine.channels.every(({ source, factor }, channel) => source === channel && factor !== 0);
}

/** Replaces a value by the image, with the channels on the given axis. */
function readInput(graph: Graph, value: string, image: string, axis: number): Graph {
  const others = [0, 2, 3];
  const order = [...others.slice(0, axis), 1, ...others.slice(axis)];
  const moved = axis === 1 ? image : freshName(graph, `${image}_moved`);
  const transpose = makeNode('Transpose', [image], [moved], { attributes: [intsAttribute('perm', order)] });
  const nodes = graph.nodes.map((node) =>
    node.input.includes(value) ? { ...node, input: node.input.map((name) => (name === value ? moved : name)) } : node,
  );
  return { ...graph, nodes: axis === 1 ? nodes : [transpose, ...nodes] };
}
