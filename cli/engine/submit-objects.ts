import { randomUUID } from 'node:crypto';
import { type Estimate, estimate } from '../../jobs/cost/estimate.ts';
import { workloadOf } from '../../jobs/cost/workload.ts';
import {
  emptySelection,
  matchGlobs,
  relativeKey,
  type Selected,
  selectObjects,
} from '../../jobs/submit/select-objects.ts';
import { emptySending, type Sent } from '../../jobs/submit/send-images.ts';
import { submitImages } from '../../jobs/submit/submit-images.ts';
import { openResults } from '../../results/open/open-results.ts';
import type { Computation } from '../../results/questions/computation.ts';
import { finishedLookup } from '../../results/questions/finished-lookup.ts';
import { submissionCodec } from '../../shared/events/submission.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { jobNameProblem } from '../../shared/jobs/job-name.ts';
import { findManifest } from '../../shared/models/model-location.ts';
import {
  cropRuleForCount,
  cropsPerImage,
  modelId,
  preprocessDigest,
  preprocessWithCropRule,
} from '../../shared/models/model-manifest.ts';
import { awsClients } from '../../shared/stores/aws/clients.ts';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { SqsQueue } from '../../shared/stores/aws/sqs-queue.ts';
import { parseLocation } from '../../shared/stores/location.ts';
import type { ListedObject } from '../../shared/stores/ports.ts';
import type { SubmitOptions } from '../commands/submit.ts';
import { interruption } from '../terminal/interruption.ts';
import type { Submission } from '../terminal/print-submission.ts';
import { submitProgress } from '../terminal/submit-progress.ts';
import { defaultJobName } from './default-job-name.ts';
import { type OpenedLocation, openSource, openStore, resultsSource } from './locations.ts';

/** What a submission is about. */
interface Asked extends Computation {
  readonly job: string;
  readonly place: OpenedLocation;
  readonly store: OpenedLocation;
  /** Crops of each image. */
  readonly crops: number;
}

/** Sends what is in a place and has no result yet, or only counts it. */
export async function submitObjects(text: string, options: SubmitOptions): Promise<Submission> {
  const asked = await whatIsAsked(text, options);
  const send = options.dryRun ? undefined : await openSending(asked, options);
  const selected = emptySelection();
  const sent = emptySending();
  const { stop, release } = interruption();
  const started = performance.now();
  const progress = options.json ? undefined : submitProgress(() => ({ ...selected, ...sent }));
  const images = selectImages(asked, options, { selected, stop });
  try {
    if (send === undefined) for await (const _ of images);
    else await send(images, { stop, sent });
  } finally {
    progress?.stop();
    release();
  }
  if (!stop.aborted) requireSome(selected, text, asked.place);
  const seconds = (performance.now() - started) / 1000;
  const { job, model, preprocess } = asked;
  const { listed, filteredOut, done, wanted, bytes } = selected;
  return {
    job,
    store: options.store,
    model,
    preprocess,
    listed,
    filteredOut,
    done,
    wanted,
    bytes,
    ...sent,
    seconds: Number(seconds.toFixed(3)),
    imagesPerSecond: Number((sent.submitted / seconds).toFixed(1)),
    interrupted: stop.aborted && !(selected.ended && sent.submitted + sent.refused === wanted),
    ...(options.dryRun ? { dryRun: true, estimate: priceOf(asked, selected) } : {}),
  };
}

/** @throws {UserError} for a folder, where `run` is what is wanted; and where there is no model, or no name for the job */
async function whatIsAsked(text: string, options: SubmitOptions): Promise<Asked> {
  requireBucket('images in S3', text);
  requireBucket('a store in S3', options.store);
  const store = openStore(options.store, options);
  const place = await openSource(text, options, store);
  const job = options.job ?? defaultJobName(place);
  const problem = jobNameProblem(job);
  if (problem !== undefined) throw new UserError(`give --job: the name taken from ${text} ${problem}`);
  const manifest = await findManifest(options.model, new S3Store(awsClients(options).s3));
  const rule = cropRuleForCount(Number(options.crops)) ?? manifest.preprocess.crop.rule;
  const preprocess = preprocessDigest(preprocessWithCropRule(manifest.preprocess, rule));
  return { job, place, store, model: modelId(manifest), preprocess, crops: cropsPerImage[rule] };
}

function requireBucket(what: string, got: string): void {
  if (parseLocation(got).kind === 's3') return;
  throw new UserError(
    `expected ${what}, such as s3://bucket/prefix, got ${got}: on one machine "inception-batch run" does that`,
  );
}

/** Opens the queue, before anything is listed that could not be sent. */
async function openSending({ job, model, preprocess, store }: Asked, { queue: url = '', ...aws }: SubmitOptions) {
  const queue = await SqsQueue.open(awsClients(aws).sqs, url, submissionCodec);
  const ports = { store: store.objects, location: store, queue, now: () => new Date(), uniqueId: randomUUID };
  return (images: AsyncIterable<ListedObject>, options: { stop: AbortSignal; sent: Sent }) =>
    submitImages(images, { job, model, preprocess }, ports, options);
}

async function* selectImages(
  { place, store, ...computation }: Asked,
  globs: SubmitOptions,
  { selected, stop }: { readonly selected: Selected; readonly stop: AbortSignal },
): AsyncGenerator<ListedObject> {
  const results = await openResults(resultsSource(store), { embeddings: false });
  try {
    const findFinished = await finishedLookup(results, computation, place);
    const isSelected = matchGlobs(globs, place.prefix);
    yield* selectObjects(place.objects.list(place.bucket, place.prefix), { isSelected, findFinished, selected, stop });
  } finally {
    await results.close();
  }
}

function requireSome({ listed, filteredOut, firstKey = '' }: Selected, text: string, { prefix }: OpenedLocation): void {
  if (listed === 0) throw new UserError(`no object to submit in ${text}`);
  if (filteredOut < listed) return;
  throw new UserError(
    `no object to submit in ${text}: none of ${listed} is left by --include and --exclude, which are matched against ` +
      `what is below the prefix, such as ${relativeKey(prefix, firstKey)}`,
  );
}

/** What a deployment takes for them by list prices; undefined where there is nothing to do. */
function priceOf({ crops }: Asked, { wanted: images, bytes }: Selected): Estimate | undefined {
  if (images === 0) return undefined;
  return estimate(workloadOf({ images, bytes: bytes / images, crops, listed: true }));
}
