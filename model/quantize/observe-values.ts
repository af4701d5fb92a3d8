import { Tensor } from 'onnxruntime-node';
import { UserError } from '../../shared/failures/user-error.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { exposeValues } from '../graph/expose-values.ts';
import { type Graph, modelOf } from '../graph/graph.ts';
import { describeNode } from '../graph/node.ts';
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

/**
 * Runs images through a float network and notes the range of values.
 * @param names of values; they must be float
 * @param crops uint8 [height, width, 3] each
 * @throws {UserError} naming the node that gives what is no finite number, which no range can hold
 */
export async function observeValues(
  graph: Graph,
  { file, input }: Pick<ModelManifest, 'file' | 'input'>,
  crops: readonly Uint8Array[],
  names: readonly string[],
): Promise<Observations> {
  const session = await openNetwork(encodeModel(modelOf(exposeValues(graph, names))), file);
  const observations = new Map<string, Observation>();
  try {
    for (const pixels of crops) {
      const values = await session.run({ [input.name]: new Tensor('uint8', pixels, [1, ...input.shape]) });
      for (const name of names) {
        const value = values[name];
        if (!(value instanceof Tensor) || !(value.data instanceof Float32Array))
          throw new Error(`${name} is not float`);
        const range = rangeOf(value.data);
        if (!Number.isFinite(range.max - range.min)) throw notFinite(graph, name, range);
        observations.set(name, merge(observations.get(name), { ...range, shape: value.dims.slice(1) }));
      }
    }
  } finally {
    await session.release();
  }
  return observations;
}

interface Range {
  readonly min: number;
  readonly max: number;
}

/** 0 to 0 for no numbers at all; not a number where one of them is none. */
function rangeOf(data: Float32Array): Range {
  let min = data[0] ?? 0;
  let max = min;
  for (const value of data) {
    if (value < min) min = value;
    else if (value > max) max = value;
    else if (Number.isNaN(value)) return { min: value, max: value };
  }
  return { min, max };
}

function notFinite({ nodes }: Graph, name: string, { min, max }: Range): UserError {
  const node = nodes.find(({ output }) => output.includes(name));
  const who = node === undefined ? `the value ${name}` : describeNode(node);
  return new UserError(`${who} cannot leave float: expected finite numbers in ${name}, got ${min} to ${max}`);
}

function merge(one: Observation | undefined, other: Observation): Observation {
  if (one === undefined) return other;
  return { shape: other.shape, min: Math.min(one.min, other.min), max: Math.max(one.max, other.max) };
}
