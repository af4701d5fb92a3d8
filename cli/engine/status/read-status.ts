import { z } from 'zod';
import type { ExpectedImages } from '../../../jobs/progress/expected-images.ts';
import { jobProgress } from '../../../jobs/progress/job-progress.ts';
import { listJobObjects } from '../../../jobs/progress/list-job-objects.ts';
import { openResults, type Results } from '../../../results/open/open-results.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { awsClients } from '../../../shared/stores/aws/clients.ts';
import { SqsQueue } from '../../../shared/stores/aws/sqs-queue.ts';
import { textCodec } from '../../../shared/stores/codec.ts';
import type { StoreOptions } from '../../commands/pipeline-options.ts';
import { openSource, openStore, resultsSource } from '../locations.ts';
import { progressOf, type QueueDepth, readComputed, recentSeconds, type Status } from './progress.ts';

export interface StatusQuery extends StoreOptions {
  readonly job?: string;
  /** A place whose images are counted, whatever job they are of. */
  readonly images?: string;
  /** URLs. */
  readonly queue?: readonly string[];
}

/** There is no image to tell of: there may be one later. */
export class NoImagesYet extends UserError {}

/** Where the images of a store stand now. @throws {NoImagesYet} @throws {UserError} for a place that cannot be read */
export async function readStatus(options: StatusQuery): Promise<Status> {
  const { store, job, images } = options;
  const place = openStore(store, options);
  const source = resultsSource(place);
  const queues = await Promise.all((options.queue ?? []).map((url) => depthOf(url, options)));
  const expected: ExpectedImages =
    images === undefined
      ? {
          lists: (await listJobObjects(source))
            .filter((own) => job === undefined || own.job === job)
            .flatMap((own) => own.lists),
        }
      : await imagesIn(images, options);
  const results = await openResults(source, { embeddings: false });
  try {
    const now = Date.now();
    const since = new Date(now - 1000 * recentSeconds);
    const jobs = await jobProgress(results, { expected, job, since });
    if (jobs.length === 0) throw new NoImagesYet(await nothingIn(results, options));
    return {
      job,
      store,
      ...progressOf(jobs, now),
      jobs: jobs.map((own) => ({ job: own.job, ...progressOf([own], now) })),
      queues,
      computed: images === undefined ? await readComputed(results, job) : undefined,
    };
  } finally {
    await results.close();
  }
}

async function imagesIn(text: string, options: StatusQuery): Promise<ExpectedImages> {
  const { objects, bucket, prefix } = await openSource(text, options, openStore(options.store, options));
  return { name: text, objects: objects.list(bucket, prefix) };
}

async function depthOf(url: string, options: StatusQuery): Promise<QueueDepth> {
  const queue = await SqsQueue.open(awsClients(options).sqs, url, textCodec);
  const { visible, inFlight } = await queue.depth();
  return { url, waiting: visible, held: inFlight };
}

const jobsSchema = z.array(z.object({ job: z.string() }));

async function nothingIn(results: Results, { store, job, images }: StatusQuery): Promise<string> {
  if (images !== undefined) return `no file in ${images}`;
  if (results.partCount === 0) return `no results in ${store}: "inception-batch run" makes them`;
  const jobs = await results.query(jobsSchema, 'select distinct job from results order by job limit 5');
  const some = jobs.length === 0 ? 'no image at all' : `images of ${jobs.map(({ job: name }) => name).join(', ')}`;
  return job === undefined
    ? `no image in the results in ${store}`
    : `no image of job ${job} in ${store}, which has ${some}`;
}
