import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import type { Graph } from '../graph/graph.ts';
import { elementType } from '../onnx/element-type.ts';
import { floatData } from '../onnx/tensor.ts';
import { inferValueTypes, type ValueTypes } from '../passes/value-types.ts';
import { observeValues } from './observe-values.ts';

/** The largest finite number in half precision. */
const maxHalf = 65_504;
/** Other images may give larger values than the observed ones, so only half of the range is used. */
const headroom = 2;

/**
 * True if weights overflow, or all underflow to 0, such as an epsilon that keeps a divisor from 0. Single weights that
 * underflow among larger ones are ordinary rounding.
 */
function isLost(weights: Float32Array): boolean {
  if (!weights.every((weight) => Math.abs(weight) <= maxHalf)) return true;
  return weights.some((weight) => weight !== 0) && weights.every((weight) => Math.f16round(weight) === 0);
}

/** The types of a float network's values, and which of them do not fit half precision. */
export interface HalfRange {
  readonly types: ValueTypes;
  /** Names of values and weights that do not fit half precision. */
  readonly outOfRange: ReadonlySet<string>;
}

/**
 * Finds the values that do not fit half precision by running the float network on images.
 * @param crops uint8 [height, width, 3] each
 * @throws {UserError} naming the node that outputs NaN or infinity in float
 */
export async function measureHalfRange(
  graph: Graph,
  manifest: Pick<ModelManifest, 'file' | 'input'>,
  crops: readonly Uint8Array[],
): Promise<HalfRange> {
  const types = await inferValueTypes(graph, new Map([[manifest.input.name, [1, ...manifest.input.shape]]]));
  const computed = graph.nodes.flatMap(({ output }) => output);
  const floats = computed.filter((name) => types.get(name)?.dataType === elementType.float);
  const outOfRange = new Set<string>();
  for (const [name, { min, max }] of await observeValues(graph, manifest, crops, floats)) {
    if (Math.max(max, -min) * headroom > maxHalf) outOfRange.add(name);
  }
  for (const tensor of graph.initializers.values()) {
    if (tensor.dataType === elementType.float && isLost(floatData(tensor))) outOfRange.add(tensor.name);
  }
  return { types, outOfRange };
}
