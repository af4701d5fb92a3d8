import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { UserError } from '../../shared/failures/user-error.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { type Graph, modelOf } from '../graph/graph.ts';
import { describeNode } from '../graph/node.ts';
import { encodeModel } from '../onnx/model-file.ts';
import { openNetwork } from '../verify/network-session.ts';
import { type Probe, reduceToRanges } from './reduce-to-ranges.ts';

/** The range and shape of a value over all calibration images. */
export interface Observation {
  readonly min: number;
  readonly max: number;
  /** Without the batch. */
  readonly shape: readonly number[];
  /** The mean of each channel over all positions and images, if it was measured. Float numbers. */
  readonly channelMeans?: readonly number[];
}

export type Observations = ReadonlyMap<string, Observation>;

/**
 * Runs images through a float network and records the range of values. The network itself reduces each value to its range, so that
 * only three numbers and the shape leave it.
 * @param crops uint8 [height, width, 3] each
 * @param names of float values
 * @param averaged those of them whose channels are averaged too: [N, channels, height, width]
 * @throws {UserError} naming the node that outputs NaN or infinity, which has no range
 */
export async function observeValues(
  graph: Graph,
  { file, input }: Pick<ModelManifest, 'file' | 'input'>,
  crops: readonly Uint8Array[],
  names: readonly string[],
  averaged: ReadonlySet<string> = new Set(),
): Promise<Observations> {
  const { network, probes } = reduceToRanges(graph, names, averaged);
  const session = await openNetwork(encodeModel(modelOf(network)), file);
  const observations = new Map<string, Observation>();
  const sums = new Map<string, readonly number[]>();
  try {
    for (const pixels of crops) {
      const results = await session.run({ [input.name]: new Tensor('uint8', pixels, [1, ...input.shape]) });
      for (const probe of probes) {
        const range = rangeOf(probe, results);
        if (!Number.isFinite(range.max - range.min)) throw notFinite(graph, probe.value, range);
        const [, ...shape] = numbersOf(results, probe.shape);
        observations.set(probe.value, mergeRanges(observations.get(probe.value), { ...range, shape }));
        if (probe.channelMeans === undefined) continue;
        const means = meanRow(numbersOf(results, probe.channelMeans), shape[0] ?? 0);
        const sum = sums.get(probe.value);
        sums.set(probe.value, sum ? means.map((mean, channel) => mean + (sum[channel] ?? 0)) : means);
      }
    }
  } finally {
    await session.release();
  }
  for (const [name, sum] of sums) {
    const observation = observations.get(name);
    // In float, so that recorded means are the same numbers.
    const channelMeans = sum.map((each) => Math.fround(each / crops.length));
    if (observation) observations.set(name, { ...observation, channelMeans });
  }
  return observations;
}

interface Range {
  readonly min: number;
  readonly max: number;
}

/** [0, 0] if empty; NaN if any value is NaN. */
function rangeOf(probe: Probe, results: InferenceSession.OnnxValueMapType): Range {
  const only = (name: string) => numbersOf(results, name)[0] ?? Number.NaN;
  if (numbersOf(results, probe.shape).includes(0)) return { min: 0, max: 0 };
  // ReduceMin and ReduceMax skip NaN in most positions; a sum does not.
  if (Number.isNaN(only(probe.sum))) return { min: Number.NaN, max: Number.NaN };
  return { min: only(probe.min), max: only(probe.max) };
}

function numbersOf(results: InferenceSession.OnnxValueMapType, name: string): number[] {
  const value = results[name];
  if (!(value instanceof Tensor)) throw new Error(`the network has no output ${name}`);
  return Array.from(value.data, Number);
}

/** The mean of the rows [rows, channels] of one image, which is one row unless the network moved windows to the first axis. */
function meanRow(values: readonly number[], channels: number): number[] {
  const rows = values.length / channels;
  return Array.from({ length: channels }, (_, channel) => {
    let sum = 0;
    for (let at = channel; at < values.length; at += channels) sum += values[at] ?? Number.NaN;
    return sum / rows;
  });
}

function notFinite({ nodes }: Graph, name: string, { min, max }: Range): UserError {
  const node = nodes.find(({ output }) => output.includes(name));
  const subject = node === undefined ? `the value ${name}` : describeNode(node);
  return new UserError(`${subject} cannot be converted: the range of ${name} is not finite (${min} to ${max})`);
}

/**
 * Ranges and means over the images of both.
 * @param share of the images that belong to `some`
 */
export function mergeObservations(some: Observations, others: Observations, share: number): Observations {
  const merged = new Map(some);
  for (const [name, observation] of others) {
    const known = merged.get(name);
    const means = known?.channelMeans?.map((mean, channel) =>
      Math.fround(share * mean + (1 - share) * (observation.channelMeans?.[channel] ?? mean)),
    );
    merged.set(name, { ...mergeRanges(known, observation), ...(means && { channelMeans: means }) });
  }
  return merged;
}

function mergeRanges(known: Observation | undefined, next: Observation): Observation {
  if (known === undefined) return next;
  return { shape: next.shape, min: Math.min(known.min, next.min), max: Math.max(known.max, next.max) };
}
