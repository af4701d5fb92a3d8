import { Failure } from '../../../shared/failures/failure.ts';
import type { CropRule } from '../../../shared/models/crop-rule.ts';
import { openModel } from '../models/open-model.ts';
import type { RunHooks } from '../run/local-run.ts';
import { type ComputeOptions, withSession } from '../with-session.ts';
import { classifyImages } from './classify-images.ts';
import type { ImageInput } from './image-input.ts';
import type { ImageOutcome } from './image-outcome.ts';
import { type ListedImage, sourceOf } from './image-source.ts';
import { type NamedImagesOptions, namedImages } from './named-images.ts';

export interface ClassifyCommandOptions extends Pick<ComputeOptions, 'threads' | 'accelerator'> {
  /** A model by name or directory, see `openModel`. */
  readonly model?: string;
  /** @default the rule of the model's manifest */
  readonly crops?: CropRule;
  /** Regions of each image to classify at most, 1 to `maxRegions`. @default none */
  readonly regions?: number;
}

/** How a command is stopped and follows its images. */
export interface ClassifyHooks extends Pick<RunHooks, 'models' | 'stop' | 'onSession'>, NamedImagesOptions {
  readonly onOutcome: (outcome: ImageOutcome) => void;
}

export interface ClassifyResult {
  readonly interrupted: boolean;
}

const maxBatch = 8;

/**
 * Classifies the images that the arguments name, see `namedImages`, without a store.
 * @throws {UserError} for a model that cannot be used
 */
export async function classify(
  names: readonly string[],
  { model: choice, crops: cropRule, regions, threads, accelerator }: ClassifyCommandOptions,
  { models, stop, onSession, onOutcome, ...sources }: ClassifyHooks,
): Promise<ClassifyResult> {
  const inputs = namedImages(names, sources);
  // A list on standard input may grow slowly, so it is not waited for.
  const few = names.includes('-') ? undefined : await firstOf(inputs, maxBatch * threads);
  const images = few ?? { items: [], isAll: false };
  const missing = images.isAll ? await allMissing(images.items) : undefined;
  if (missing !== undefined) {
    missing.forEach(onOutcome);
    return { interrupted: stop.aborted };
  }
  const { model } = await openModel(choice, { crops: cropRule, regions, hooks: models });
  // Each lane loads the network, and waits for others only if there is a crop for it.
  const crops = images.isAll ? images.items.length * (1 + (regions ?? 0)) : Infinity;
  const lanes = Math.min(threads, crops);
  const batch = Math.min(maxBatch, Math.ceil(crops / lanes));
  await withSession(model, { threads: lanes, batch, accelerator }, onSession, async (session) => {
    const options = { model, session, decoders: threads, batchSize: batch, signal: stop };
    try {
      for await (const outcome of classifyImages(resumed(images.items, inputs), options)) onOutcome(outcome);
    } catch (error) {
      if (!stop.aborted) throw error;
    }
  });
  return { interrupted: stop.aborted };
}

/** The outcomes of files that do not exist, if there are no others: no model need be downloaded for them. */
async function allMissing(images: readonly (ImageInput | ListedImage)[]): Promise<ImageOutcome[] | undefined> {
  const missing: ImageOutcome[] = [];
  for (const image of images) {
    const source = await sourceOf(image);
    const failure: unknown = await source.read(1).catch((error: unknown) => error);
    if (!(failure instanceof Failure) || failure.reason !== 'object_gone') return undefined;
    missing.push({ status: 'rejected', name: source.name, reason: failure.reason, detail: failure.message });
  }
  return missing;
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
