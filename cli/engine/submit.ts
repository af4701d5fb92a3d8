import { randomUUID } from 'node:crypto';
import { type Estimate, estimate } from '../../jobs/cost/estimate.ts';
import { type NetworkSize, workloadOf } from '../../jobs/cost/workload.ts';
import {
  emptySelection,
  type Globs,
  matchGlobs,
  relativeKey,
  type Selected,
  selectObjects,
} from '../../jobs/submit/select-objects.ts';
import { emptySending, type Sent } from '../../jobs/submit/send-images.ts';
import { submitImages } from '../../jobs/submit/submit-images.ts';
import type { ModelHooks } from '../../model/catalog/open-catalog-model.ts';
import { openResults } from '../../results/open/open-results.ts';
import type { Computation } from '../../results/questions/computation.ts';
import { finishedLookup } from '../../results/questions/finished-lookup.ts';
import { submissionCodec } from '../../shared/events/submission.ts';
import { programName } from '../../shared/failures/program-name.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { imagesPerSecond } from '../../shared/jobs/job-summary.ts';
import { type CropRule, cropsPerImage } from '../../shared/models/crop-rule.ts';
import { findManifest } from '../../shared/models/model-location.ts';
import { modelId, preprocessDigest, preprocessWithChoice } from '../../shared/models/model-manifest.ts';
import { maxRegionsOf } from '../../shared/models/regions-rule.ts';
import type { ListedObject } from '../../shared/stores/ports.ts';
import { type OpenedJob, openJob } from './job-of-source.ts';
import {
  type OpenedLocation,
  openSource,
  openStore,
  parseGivenLocation,
  resultsSource,
  type StoreOptions,
} from './locations.ts';
import { modelDirectory } from './models/open-model.ts';
import { sizeOf } from './network-size.ts';
import { openQueue } from './open-queues.ts';
import { openS3 } from './open-s3.ts';
import { UsageError } from './usage-error.ts';

export interface SubmitOptions extends StoreOptions, Partial<Globs> {
  /** URL of the uploads queue. Not needed for a dry run. */
  readonly queue?: string;
  /** A model by name or directory, a model in a bucket, or a manifest. */
  readonly model: string;
  readonly crops?: CropRule;
  /** The setting `regions` of the deployment. */
  readonly regions?: number;
  readonly job?: string;
  /** Counts only, and estimates the cost. */
  readonly dryRun?: boolean;
}

export type SubmitCounts = Pick<Selected, 'listed' | 'wanted' | 'ended'> & Pick<Sent, 'submitted'>;

export interface SubmitHooks {
  /** Who follows the download of a model. */
  readonly models?: ModelHooks;
  readonly stop: AbortSignal;
  /** Called before the first object is listed. @param counts returns the current counts */
  readonly onStart: (counts: () => SubmitCounts) => void;
}

/** Outcome of a submission. */
export interface Submission
  extends Pick<Selected, 'listed' | 'filteredOut' | 'done' | 'wanted' | 'bytes'>,
    Readonly<Sent> {
  readonly job: string;
  readonly store: string;
  readonly model: string;
  readonly preprocess: string;
  readonly seconds: number;
  readonly imagesPerSecond: number;
  readonly interrupted: boolean;
  /** True if nothing was sent or written. */
  readonly dryRun?: boolean;
  /** Of a dry run; undefined if no image is left to submit. */
  readonly estimate?: Estimate | undefined;
}

/** A job to submit. */
interface Job extends Computation {
  readonly job: OpenedJob;
  readonly source: OpenedLocation;
  readonly store: OpenedLocation;
  readonly cropsPerImage: number;
  readonly regions: number;
  readonly network: NetworkSize;
}

/** Submits the objects below a prefix that have no result yet, or only counts them. */
export async function submit(
  text: string,
  options: SubmitOptions,
  { stop, onStart, models = { stop } }: SubmitHooks,
): Promise<Submission> {
  const job = await prepareJob(text, options, models);
  const selected = emptySelection();
  const sent = emptySending();
  const started = performance.now();
  try {
    const send = options.dryRun ? undefined : await openSending(job, options);
    onStart(() => ({ ...selected, ...sent }));
    const images = job.job.taking(selectImages(job, options, { selected, stop }));
    if (send === undefined) for await (const _ of images);
    else await send(images, { stop, sent });
  } finally {
    await job.job.end();
  }
  if (!stop.aborted) requireSome(selected, text, job.source);
  const seconds = (performance.now() - started) / 1000;
  const { listed, filteredOut, done, wanted, bytes, ended } = selected;
  return {
    job: job.job.name,
    store: options.store,
    model: job.model,
    preprocess: job.preprocess,
    ...{ listed, filteredOut, done, wanted, bytes },
    ...sent,
    seconds: Number(seconds.toFixed(3)),
    imagesPerSecond: imagesPerSecond(sent.submitted, seconds) ?? 0,
    interrupted: stop.aborted && !(ended && sent.submitted + sent.refused === wanted),
    ...(options.dryRun ? { dryRun: true, estimate: estimateCost(job, selected) } : {}),
  };
}

/** @throws {UserError} for a folder, a missing model, or a location without a valid job name */
async function prepareJob(text: string, options: SubmitOptions, models: ModelHooks): Promise<Job> {
  requireBucket('the images must be', text);
  requireBucket('--store must be', options.store);
  const store = await openStore(options);
  const source = await openSource(text, options, store);
  const location = await modelLocation(options.model, models);
  const manifest = await findManifest(location, await openS3(options));
  const { crops: rule = manifest.preprocess.crop.rule, regions } = options;
  const used = preprocessWithChoice(manifest.preprocess, { crops: rule, regions });
  const job = await openJob(source, store, options);
  return {
    ...{ job, source, store, model: modelId(manifest), preprocess: preprocessDigest(used) },
    ...{ cropsPerImage: cropsPerImage[rule], regions: maxRegionsOf(used), network: sizeOf(manifest) },
  };
}

/** A bucket and a manifest as they are; the directory of any other model. */
async function modelLocation(text: string, hooks: ModelHooks): Promise<string> {
  return /^s3:/i.test(text) || text.endsWith('.json') ? text : modelDirectory(text, { hooks });
}

function requireBucket(what: string, text: string): void {
  if (parseGivenLocation(text).kind === 's3') return;
  throw new UsageError(
    `${what} in S3, such as s3://bucket/prefix; "${programName()} run ./photos" classifies a folder, ${text} is one`,
  );
}

/** Opens the queue before objects are listed, so that a wrong URL is reported at once. */
async function openSending(
  { job: { name: job }, model, preprocess, store }: Job,
  { queue: url = '', ...aws }: SubmitOptions,
) {
  const queue = await openQueue(url, submissionCodec, aws);
  const ports = { store: store.objects, location: store, queue, now: () => new Date(), uniqueId: randomUUID };
  return (images: AsyncIterable<ListedObject>, options: { stop: AbortSignal; sent: Sent }) =>
    submitImages(images, { job, model, preprocess }, ports, options);
}

async function* selectImages(
  { source, store, ...computation }: Job,
  globs: SubmitOptions,
  { selected, stop }: { readonly selected: Selected; readonly stop: AbortSignal },
): AsyncGenerator<ListedObject> {
  const results = await openResults(resultsSource(store), { embeddings: false });
  try {
    const findFinished = await finishedLookup(results, computation, source);
    const isSelected = matchGlobs(globs, source.prefix);
    yield* selectObjects(source.objects.list(source.bucket, source.prefix), {
      isSelected,
      findFinished,
      selected,
      stop,
    });
  } finally {
    await results.close();
  }
}

function requireSome({ listed, filteredOut, firstKey = '' }: Selected, text: string, { prefix }: OpenedLocation): void {
  if (listed === 0) throw new UserError(`no object to submit in ${text}`);
  if (filteredOut < listed) return;
  throw new UserError(
    `no object to submit in ${text}: --include and --exclude filter out all ${listed}; they are matched against the ` +
      `path below the prefix, such as ${relativeKey(prefix, firstKey)}`,
  );
}

/** Cost of the images by list prices; undefined if there are none. */
function estimateCost(
  { cropsPerImage: crops, regions, network }: Job,
  { wanted: images, bytes }: Selected,
): Estimate | undefined {
  if (images === 0) return undefined;
  return estimate(workloadOf({ images, bytes: bytes / images, crops, regions, network, listed: true }));
}
