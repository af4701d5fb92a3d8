import { z } from 'zod';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Graph } from '../graph/graph.ts';
import { valueDigests } from '../graph/value-digests.ts';
import type { Observation, Observations } from './observe-values.ts';

const digestSchema = z.string().regex(/^[0-9a-f]{16}$/);

const recordedRangesObject = z.strictObject({
  formatVersion: z.literal(1),
  /** Whose values these are, and on which images they were measured. */
  about: z.string(),
  /** Number of those images. */
  images: z.int().positive(),
  /** Digests of the outputs of the layers that stay in float; absent if there are none. */
  floatLayers: z.array(digestSchema).min(1).optional(),
  /** The mean of each channel, of values that convolutions read. Absent if they were not measured: then no bias is corrected. */
  channelMeans: z.record(digestSchema, z.array(z.number())).optional(),
  /** By the digest of the value's computation, see `valueDigests`: minimum, maximum, then its shape without the batch. */
  ranges: z
    .record(
      digestSchema,
      z
        .tuple([z.number(), z.number()], z.int().nonnegative())
        .refine(([min, max]) => min <= max, 'the minimum is greater than the maximum'),
    )
    .refine((ranges) => Object.keys(ranges).length > 0, 'must have at least one range'),
});

const recordedRangesSchema = recordedRangesObject.superRefine(({ ranges, channelMeans = {} }, context) => {
  for (const [digest, { length }] of Object.entries(channelMeans)) {
    const channels = ranges[digest]?.[2];
    if (channels === length) continue;
    const message = `must have one number per channel of the value, ${channels ?? 'which has no range'}, got ${length}`;
    context.addIssue({ code: 'custom', path: ['channelMeans', digest], message });
  }
});

/** Value ranges of one float network, measured once. A network is quantized with them without any image. */
export type RecordedRanges = Readonly<z.output<typeof recordedRangesSchema>>;

/** @throws {z.ZodError} naming the field, the expected and the received value */
export function parseRecordedRanges(value: unknown): RecordedRanges {
  return recordedRangesSchema.parse(value);
}

/** Enough for every float: the recorded ranges make the same network as the measured ones. */
const digits = 9;

/** What is measured on images: ranges, and the layers that stay in float. */
export interface Measurement {
  readonly observations: Observations;
  /** Outputs of these layers. */
  readonly floatLayers: readonly string[];
}

/** Records a measurement of the values of a graph. */
export function recordRanges(
  graph: Graph,
  { observations, floatLayers }: Measurement,
  { about, images }: Pick<RecordedRanges, 'about' | 'images'>,
): RecordedRanges {
  const digests = valueDigests(graph);
  const digestOf = (name: string) => {
    const digest = digests.get(name);
    if (digest === undefined) throw new Error(`the graph has no value ${name}`);
    return digest;
  };
  const rounded = (value: number) => Number(value.toPrecision(digits));
  const ranges = Array.from(observations, ([name, { min, max, shape }]) => {
    return [digestOf(name), [rounded(min), rounded(max), ...shape]] as const;
  });
  const means = Array.from(observations).flatMap(([name, { channelMeans }]) =>
    channelMeans === undefined ? [] : [[digestOf(name), channelMeans.map(rounded)] as const],
  );
  return parseRecordedRanges({
    formatVersion: 1,
    about,
    images,
    ...(floatLayers.length > 0 && { floatLayers: floatLayers.map(digestOf) }),
    ...(means.length > 0 && { channelMeans: Object.fromEntries(means) }),
    ranges: Object.fromEntries(ranges),
  });
}

/**
 * A recorded measurement for a graph, with the names of its values.
 * @throws {UserError} if it was made in another network: other weights, layers, preprocessing or input size
 */
export function measurementOf(graph: Graph, recorded: RecordedRanges): Measurement {
  const { ranges, about, floatLayers = [], channelMeans = {} } = recorded;
  const found = new Set<string>();
  const observations = new Map<string, Observation>();
  const layers: string[] = [];
  for (const [name, digest] of valueDigests(graph)) {
    if (floatLayers.includes(digest)) layers.push(name);
    const range = ranges[digest];
    if (range === undefined) continue;
    const [min, max, ...shape] = range;
    const means = channelMeans[digest]?.map(Math.fround);
    const observation = { min: Math.fround(min), max: Math.fround(max), shape };
    observations.set(name, means ? { ...observation, channelMeans: means } : observation);
    found.add(digest);
  }
  const missing = Object.keys(ranges).length - found.size;
  if (missing === 0) return { observations, floatLayers: layers };
  throw new UserError(
    `the ranges were measured in another network, ${about}: ${missing} of its ${found.size + missing} values are not in ` +
      'this one; quantize it with calibration images',
  );
}
