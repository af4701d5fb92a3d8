import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import type { Graph } from '../graph/graph.ts';
import { elementType } from '../onnx/element-type.ts';
import { floatData } from '../onnx/tensor.ts';
import { inferValueTypes, type ValueTypes } from '../passes/value-types.ts';
import { observeValues } from './observe-values.ts';

/** The largest number of half precision. */
const largest = 65_504;
/** Images to come may go beyond those that were seen: what reaches half of the range is not put in it. */
const headroom = 2;

/**
 * Whether weights do not survive: one is too large, or all are so small that nothing is left of them, as of an epsilon
 * that keeps a divisor from 0. Single small ones among others are nothing but rounding.
 */
function isLost(weights: Float32Array): boolean {
  if (!weights.every((weight) => Math.abs(weight) <= largest)) return true;
  return weights.some((weight) => weight !== 0) && weights.every((weight) => Math.f16round(weight) === 0);
}

/** What must be known of a float network's values to put it in half precision. */
export interface HalfRange {
  readonly types: ValueTypes;
  /** Values and weights that half precision cannot hold. */
  readonly beyond: ReadonlySet<string>;
}

/**
 * Finds the numbers that half precision cannot hold, by running the float network on images.
 * @param crops uint8 [height, width, 3] each
 * @throws {UserError} naming the node that gives what is no finite number even in float
 */
export async function measureHalfRange(
  graph: Graph,
  manifest: Pick<ModelManifest, 'file' | 'input'>,
  crops: readonly Uint8Array[],
): Promise<HalfRange> {
  const types = await inferValueTypes(graph, new Map([[manifest.input.name, [1, ...manifest.input.shape]]]));
  const given = graph.nodes.flatMap(({ output }) => output);
  const floats = given.filter((name) => types.get(name)?.dataType === elementType.float);
  const beyond = new Set<string>();
  for (const [name, { min, max }] of await observeValues(graph, manifest, crops, floats)) {
    if (Math.max(max, -min) * headroom > largest) beyond.add(name);
  }
  for (const tensor of graph.initializers.values()) {
    if (tensor.dataType !== elementType.float) continue;
    if (isLost(floatData(tensor))) beyond.add(tensor.name);
  }
  return { types, beyond };
}
