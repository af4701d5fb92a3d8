import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { firstIssue } from '../../../shared/failures/first-issue.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { accelerators } from '../../../shared/inference/accelerator/provider.ts';
import { openSession } from '../../../shared/inference/open-session.ts';
import type { Session } from '../../../shared/inference/session.ts';
import { cropRuleForCount } from '../../../shared/models/crop-rule.ts';
import { openModel } from '../models/open-model.ts';
import type { ClassifyOptions } from './classify-images.ts';

const count = z.int('expected a whole number').min(1, 'expected at least 1');

/** Programs in JavaScript may pass anything. */
const optionsSchema = z.strictObject({
  threads: count.default(() => availableParallelism()),
  batch: count.default(8),
  accelerator: z.enum(accelerators).default('cpu'),
  crops: z
    .union([z.literal(1), z.literal(10), z.literal(144)], 'expected 1, 10 or 144')
    .transform(cropRuleForCount)
    .optional(),
  signal: z.instanceof(AbortSignal).optional(),
  onDownload: z
    .custom<(name: string, received: number, bytes: number) => void>(isFunction, 'expected a function')
    .optional(),
  onStep: z.custom<(step: string) => void>(isFunction, 'expected a function').optional(),
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
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) throw new UserError(`invalid options of openModel: ${firstIssue(parsed.error)}`);
  const { threads, batch, accelerator, crops, signal: stop, onDownload, onStep } = parsed.data;
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

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}
