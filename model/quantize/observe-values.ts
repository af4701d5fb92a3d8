import { Tensor } from 'onnxruntime-node';
import { UserError } from '../../shared/failures/user-error.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { exposeValues } from '../graph/expose-values.ts';
import { type Graph, modelOf } from '../graph/graph.ts';
import { describeNode } from '../graph/node.ts';
import { encodeModel } from '../onnx/model-file.ts';
import { openNetwork } from '../verify/network-session.ts';

/** The range and shape of a value over all calibration images. */
export interface Observation {
  readonly min: number;
  readonly max: number;
  /** Without the batch. */
  readonly shape: readonly number[];
}

export type Observations = ReadonlyMap<string, Observation>;

/**
 * Runs images through a float network and records the range of values.
 * @param names of float values
 * @param crops uint8 [height, width, 3] each
 * @throws {UserError} naming the node that outputs NaN or infinity, which has no range
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

/** [0, 0] if empty; NaN if any value is NaN. */
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
  const subject = node === undefined ? `the value ${name}` : describeNode(node);
  return new UserError(`${subject} cannot be converted: the range of ${name} is not finite (${min} to ${max})`);
}

function merge(known: Observation | undefined, next: Observation): Observation {
  if (known === undefined) return next;
  return { shape: next.shape, min: Math.min(known.min, next.min), max: Math.max(known.max, next.max) };
}
