import type { CropRule } from '../../../shared/models/crop-rule.ts';
import { openModel } from '../models/open-model.ts';
import type { RunHooks } from '../run/local-run.ts';
import { type ComputeOptions, withSession } from '../with-session.ts';
import { classifyImages } from './classify-images.ts';
import type { ImageOutcome } from './image-outcome.ts';
import { type NamedImagesOptions, namedImages } from './named-images.ts';

export interface ClassifyCommandOptions extends Pick<ComputeOptions, 'threads' | 'accelerator'> {
  /** A model by name or directory, see `openModel`. */
  readonly model?: string;
  /** @default the rule of the model's manifest */
  readonly crops?: CropRule;
}

/** How a command is stopped and follows its images. */
export interface ClassifyHooks extends Pick<RunHooks, 'models' | 'stop' | 'onSession'>, NamedImagesOptions {
  readonly onOutcome: (outcome: ImageOutcome) => void;
}

export interface ClassifyResult {
  /** `name@digest`. */
  readonly model: string;
  readonly interrupted: boolean;
}

const maxBatch = 8;

/**
 * Classifies the images that the arguments name, see `namedImages`, without a store.
 * @throws {UserError} for a model that cannot be used
 */
export async function classify(
  names: readonly string[],
  { model: choice, crops, threads, accelerator }: ClassifyCommandOptions,
  { models, stop, onSession, onOutcome, ...sources }: ClassifyHooks,
): Promise<ClassifyResult> {
  const inputs = namedImages(names, sources);
  // A list on standard input may grow slowly, so it is not waited for.
  const few = names.includes('-') ? undefined : await firstOf(inputs, maxBatch * threads);
  const { model } = await openModel(choice, { crops, hooks: models });
  const images = few ?? { items: [], isAll: false };
  if (images.isAll && images.items.length === 0) return { model: model.id, interrupted: stop.aborted };
  // Each lane loads the network, and waits for others only if there is an image for it.
  const lanes = images.isAll ? Math.min(threads, images.items.length) : threads;
  const batch = images.isAll ? Math.min(maxBatch, Math.ceil(images.items.length / lanes)) : maxBatch;
  await withSession(model, { threads: lanes, batch, accelerator }, onSession, async (session) => {
    const options = { model, session, decoders: threads, batchSize: batch, signal: stop };
    try {
      for await (const outcome of classifyImages(resumed(images.items, inputs), options)) onOutcome(outcome);
    } catch (error) {
      if (!stop.aborted) throw error;
    }
  });
  return { model: model.id, interrupted: stop.aborted };
}

/** The first items of an iterator, and whether there are no others. */
async function firstOf<T>(items: AsyncIterator<T>, max: number): Promise<{ items: T[]; isAll: boolean }> {
  const first: T[] = [];
  while (first.length <= max) {
    const next = await items.next();
    if (next.done) return { items: first, isAll: true };
    first.push(next.value);
  }
  return { items: first, isAll: false };
}

async function* resumed<T>(first: readonly T[], rest: AsyncGenerator<T>): AsyncGenerator<T> {
  yield* first;
  yield* rest;
}
