import { z } from 'zod';
import { providers } from '../../../shared/inference/accelerator/provider.ts';

/** The fault of a measurement that was ended at its deadline, or of a part that would have ended after it. */
export const outOfTime = 'out_of_time';

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array);
const floats = z.custom<Float32Array>((value) => value instanceof Float32Array);

/** Sent to the process that measures one network on one provider. */
export const requestSchema = z.strictObject({
  provider: z.enum(providers),
  /** Only loads the network: whether the provider is available. */
  checkOnly: z.boolean(),
  /** Directory of the model. */
  model: z.string(),
  batches: z.array(z.int().positive()),
  /** How long each rate is measured. */
  measureMs: z.number().positive(),
  /** Milliseconds since 1970. */
  deadline: z.number(),
  /** Cores to use. */
  threads: z.int().positive(),
  /** Uint8 [height, width, 3] each. */
  crops: z.array(bytes),
  /** Of the float network on the CPU, one per crop. */
  reference: z.array(z.strictObject({ probabilities: floats, embedding: floats })),
  /** Folder of photos for the full pipeline, and their names. */
  photos: z.strictObject({ folder: z.string(), names: z.array(z.string()) }),
  /** Images per second of the pipeline without the network. */
  feedRate: z.number(),
});
export type MeasureRequest = z.output<typeof requestSchema>;

/** Milliseconds since 1970. */
const period = { start: z.number(), end: z.number() };

const rateSchema = z.strictObject({
  kind: z.literal('rate'),
  batch: z.number(),
  imagesPerSecond: z.number(),
  /** Time from submitting a batch to its scores, with `parallel` batches in flight. */
  p50Ms: z.number(),
  p95Ms: z.number(),
  batches: z.number(),
  /** Largest difference of a probability from the CPU's float network, in one batch. */
  difference: z.number(),
  ...period,
});

const pipelineSchema = z.strictObject({
  kind: z.literal('pipeline'),
  batch: z.number(),
  images: z.number(),
  imagesPerSecond: z.number(),
  /** Share of the time with a batch in flight. */
  inFlight: z.number(),
  ...period,
});

const paritySchema = z.strictObject({
  kind: z.literal('parity'),
  images: z.number(),
  sameLabel: z.number(),
  sameLabelAtLeast: z.number(),
  maxDifference: z.number(),
  embeddingCosine: z.number(),
});

const openedSchema = z.strictObject({
  kind: z.literal('opened'),
  ms: z.number(),
  /** Batches in flight. */
  parallel: z.number(),
  /** One image at a time. */
  imagesPerSecond: z.number().optional(),
  shares: z.array(z.strictObject({ provider: z.string(), nodes: z.number(), time: z.number() })),
  /** See `ReferenceCheck`. */
  difference: z.number().optional(),
  tolerance: z.number().optional(),
});

/** Sent back, each as soon as it is known: a process that is ended keeps what it has sent. */
export const findingSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('available') }),
  openedSchema,
  /** Opening a second time, for TensorRT: whether engines are cached. */
  z.strictObject({ kind: z.literal('reopened'), ms: z.number(), cachedFiles: z.number() }),
  paritySchema,
  rateSchema,
  pipelineSchema,
  z.strictObject({
    kind: z.literal('skipped'),
    what: z.string(),
    fault: z.literal(outOfTime).optional(),
    reason: z.string(),
  }),
  /** Ends the measurement. */
  z.strictObject({ kind: z.literal('failed'), fault: z.string().optional(), reason: z.string() }),
  /** Peak memory of the process, bytes. */
  z.strictObject({ kind: z.literal('done'), peakMemory: z.number() }),
]);
export type Finding = z.output<typeof findingSchema>;
export type RateFinding = z.output<typeof rateSchema>;
export type PipelineFinding = z.output<typeof pipelineSchema>;
export type ParityFinding = z.output<typeof paritySchema>;
