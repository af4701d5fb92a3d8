import { Tensor } from 'onnxruntime-node';
import type { ModelManifest } from '../../shared/model-manifest.ts';
import { UserError } from '../../shared/user-error.ts';
import { exposeValues } from '../graph/expose-values.ts';
import { type Graph, modelOf } from '../graph/graph.ts';
import { isOperator } from '../graph/node.ts';
import { encodeModel } from '../onnx/model-file.ts';
import { openNetwork } from '../verify/network-session.ts';

/** What was seen of a value while images passed through the network. */
export interface Observation {
  readonly min: number;
  readonly max: number;
  /** Without the batch. */
  readonly shape: readonly number[];
}

export type Observations = ReadonlyMap<string, Observation>;

/** Operators whose inputs and outputs may be quantised, and must therefore be seen. */
const observed = [
  'Add',
  'AveragePool',
  'Clip',
  'Concat',
  'Conv',
  'GlobalAveragePool',
  'LRN',
  'MaxPool',
  'Relu',
] as const;

/**
 * Runs images through a float network and notes the range of every value that may be quantised.
 * @param crops uint8 [height, width, 3] each
 * @throws {UserError} when a value is not a number, which no range can hold
 */
export async function calibrate(
  graph: Graph,
  { file, input }: Pick<ModelManifest, 'file' | 'input'>,
  crops: readonly Uint8Array[],
): Promise<Observations> {
  const names = observedValues(graph);
  const session = await openNetwork(encodeModel(modelOf(exposeValues(graph, names))), file);
  const observations = new Map<string, Observation>();
  try {
    for (const pixels of crops) {
      const values = await session.run({ [input.name]: new Tensor('uint8', pixels, [1, ...input.shape]) });
      for (const name of names) {
        const value = values[name];
        if (!(value instanceof Tensor) || !(value.data instanceof Float32Array)) continue; // indices of a MaxPool
        const seen = observe(name, value.data, value.dims.slice(1));
        observations.set(name, merge(observations.get(name), seen));
      }
    }
  } finally {
    await session.release();
  }
  return observations;
}

function observedValues(graph: Graph): string[] {
  const constants = new Set(graph.nodes.filter((node) => isOperator(node, 'Constant')).map(({ output }) => output[0]));
  const isImage = (name: string) =>
    !graph.initializers.has(name) && !constants.has(name) && graph.inputs.every((input) => input.name !== name);
  const nodes = graph.nodes.filter((node) => isOperator(node, ...observed));
  return [...new Set(nodes.flatMap(({ input, output }) => [...input, output[0] ?? '']))].filter(isImage);
}

function observe(name: string, data: Float32Array, shape: readonly number[]): Observation {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of data) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (Number.isFinite(min) && Number.isFinite(max)) return { min, max, shape };
  throw new UserError(`the value ${name} cannot be quantised: expected finite numbers, got ${min} to ${max}`);
}

function merge(one: Observation | undefined, other: Observation): Observation {
  if (one === undefined) return other;
  return { shape: other.shape, min: Math.min(one.min, other.min), max: Math.max(one.max, other.max) };
}
