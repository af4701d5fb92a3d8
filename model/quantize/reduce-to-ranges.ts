import { intAttribute } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import { freshNameOutside, valueNames } from '../graph/names.ts';
import { makeNode } from '../graph/node.ts';
import { makeValue } from '../graph/value.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';

/** Names of the outputs that describe one value. */
export interface Probe {
  readonly value: string;
  /** float, one number each. */
  readonly min: string;
  readonly max: string;
  readonly sum: string;
  /** int64, one number per axis. */
  readonly shape: string;
  /** float, one number per channel. */
  readonly channelMeans?: string;
}

/**
 * Replaces the outputs of a network by the minimum, maximum, sum and shape of some of its values.
 * @param values names of float values
 * @param averaged those of them whose channels are averaged over all positions too
 */
export function reduceToRanges(
  graph: Graph,
  values: readonly string[],
  averaged: ReadonlySet<string>,
): { readonly network: Graph; readonly probes: readonly Probe[] } {
  const taken = valueNames(graph);
  const nodes: NodeProto[] = [...graph.nodes];
  const attributes = [intAttribute('keepdims', 0)];
  const probes = values.map((value): Probe => {
    const add = (operator: string, suffix: string) => {
      const name = freshNameOutside(taken, `${value}_${suffix}`);
      taken.add(name);
      nodes.push(makeNode(operator, [value], [name], { attributes: operator.startsWith('Reduce') ? attributes : [] }));
      return name;
    };
    return {
      value,
      min: add('ReduceMin', 'min'),
      max: add('ReduceMax', 'max'),
      sum: add('ReduceSum', 'sum'),
      shape: add('Shape', 'shape'),
      ...(averaged.has(value) && { channelMeans: add('GlobalAveragePool', 'means') }),
    };
  });
  const outputs = probes.flatMap(({ min, max, sum, shape, channelMeans }) => [
    ...[min, max, sum].map((name) => makeValue(name, 'float', [])),
    makeValue(shape, 'int64', ['rank']),
    ...(channelMeans === undefined ? [] : [makeValue(channelMeans, 'float', ['N', 'channels', 1, 1])]),
  ]);
  return { network: { ...graph, nodes, outputs }, probes };
}
