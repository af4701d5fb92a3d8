import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { functionSchema, parseOptions } from '../../../shared/failures/parse-options.ts';
import { accelerators } from '../../../shared/inference/accelerator/provider.ts';
import { openSession } from '../../../shared/inference/open-session.ts';
import type { Session } from '../../../shared/inference/session.ts';
import { cropRuleForCount } from '../../../shared/models/crop-rule.ts';
import { maxCropsPerBatch, maxThreads } from '../compute-limits.ts';
import { openModel } from '../models/open-model.ts';
import type { ClassifyOptions } from './classify-images.ts';

const countTo = (max: number) => z.int().min(1).max(max);
const wholeNumberTo = (max: number) => `a whole number from 1 to ${max}`;

/** Programs in JavaScript are not checked by types. */
const optionsSchema = z.strictObject({
  threads: countTo(maxThreads)
    .default(() => availableParallelism())
    .describe(`${wholeNumberTo(maxThreads)}, four for each core`),
  batch: countTo(maxCropsPerBatch).default(8).describe(wholeNumberTo(maxCropsPerBatch)),
  accelerator: z
    .enum(accelerators)
    .default('cpu')
    .describe(`one of ${accelerators.join(', ')}`),
  crops: z
    .union([z.literal(1), z.literal(10), z.literal(144)])
    .transform(cropRuleForCount)
    .optional()
    .describe('1, 10 or 144'),
  signal: z.instanceof(AbortSignal).optional().describe('an AbortSignal'),
  onDownload: functionSchema<(name: string, received: number, bytes: number) => void>()
    .optional()
    .describe('a function'),
  onStep: functionSchema<(step: string) => void>().optional().describe('a function'),
});

/** An open model, and how images are classified with it. */
export interface LibraryModel extends Omit<ClassifyOptions, 'signal' | 'session'> {
  readonly directory: string;
  readonly session: Session;
}

/**
 * Opens a model by name or directory, and its session.
 * @throws {UserError} for an invalid option, or as `openModel`; the reason of an aborted signal
 */
export async function openLibraryModel(name: string | undefined, options: unknown): Promise<LibraryModel> {
  const {
    threads,
    batch,
    accelerator,
    crops,
    signal: stop,
    onDownload,
    onStep,
  } = parseOptions(optionsSchema, options, 'openModel');
  stop?.throwIfAborted();
  const { directory, model } = await openModel(name, { crops, hooks: { stop, onDownload, onStep } }).catch(
    (error: unknown) => {
      stop?.throwIfAborted();
      throw error;
    },
  );
  // Whoever names an accelerator accepts its speed.
  const minimum = accelerator === 'auto' ? {} : { minImagesPerSecond: 0 };
  const session = await openSession(model, { accelerator, threads, batchSize: batch, ...minimum });
  if (stop?.aborted) {
    await session.close();
    stop.throwIfAborted();
  }
  return { directory, model, session, decoders: threads, batchSize: batch };
}
