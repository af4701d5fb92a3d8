import { openResults } from '../../../results/open/open-results.ts';
import { finishedImages } from '../../../results/questions/finished-images.ts';
import { defaultDecodeLimits, defaultMaxBytes } from '../../../shared/images/decode/identify.ts';
import { describeSession } from '../../../shared/inference/accelerator/describe-session.ts';
import { openSession, type SessionOptions } from '../../../shared/inference/open-session.ts';
import type { Session } from '../../../shared/inference/session.ts';
import { loadModel, type Model, modelWithCropRule } from '../../../shared/models/model-directory.ts';
import { cropRuleForCount } from '../../../shared/models/model-manifest.ts';
import { ResultsStore } from '../../../shared/rows/results-store.ts';
import type { ImageRow } from '../../../shared/rows/row.ts';
import type { ResultsWriter } from '../../../shared/stores/ports.ts';
import type { PipelineOptions } from '../../commands/pipeline-options.ts';
import { type OpenedLocation, openStore, prepareStore, resultsSource } from '../locations.ts';

/** What every command that computes has in common, opened. */
export interface OpenedPipeline {
  readonly model: Model;
  readonly store: OpenedLocation;
  readonly results: ResultsWriter;
  /** Loads in the background; a fault shows when it is awaited. */
  readonly session: Promise<Session>;
  /** Looks up the images that need no computing with this model, see `finishedImages`. */
  readonly finished: () => Promise<ReadonlyMap<string, ImageRow['status']>>;
}

export const localLimits = { ...defaultDecodeLimits, maxBytes: defaultMaxBytes };

/** The model as it is, or shown as many crops of each image as was asked for. */
function withCrops(model: Model, count: PipelineOptions['crops']): Model {
  const rule = count === undefined ? undefined : cropRuleForCount(Number(count));
  return rule === undefined ? model : modelWithCropRule(model, rule);
}

/** An accelerator that was asked for by its name may be as slow as it is. */
function sessionOptions({ accelerator, threads, batch: batchSize }: PipelineOptions): SessionOptions {
  return { accelerator, threads, batchSize, ...(accelerator === 'auto' ? {} : { minImagesPerSecond: 0 }) };
}

/** Opens model and store and hands them over; closes the session afterwards, whatever happened. */
export async function withPipeline<T>(
  options: PipelineOptions,
  use: (pipeline: OpenedPipeline) => Promise<T>,
): Promise<T> {
  const model = withCrops(await loadModel(options.model), options.crops);
  const store = openStore(options.store, options);
  await prepareStore(store);
  const session = openSession(model, sessionOptions(options));
  session.catch(() => {}); // whoever awaits it sees the fault
  const finished = async () => {
    const stored = await openResults(resultsSource(store), { embeddings: false });
    return finishedImages(stored, { model: model.id, preprocess: model.preprocess }).finally(() => stored.close());
  };
  try {
    // An accelerator can take a minute to start, and may not be the one that was hoped for: both are said beforehand.
    if (options.accelerator !== 'cpu') console.error(describeSession(await session));
    return await use({ model, store, results: new ResultsStore(store.objects, store), session, finished });
  } finally {
    await session.then(
      (open) => open.close(),
      () => {}, // whoever used it saw the fault
    );
  }
}
