import pMap from 'p-map';
import { z } from 'zod';
import { usageOf } from '../plan/usage.ts';
import { computedImages } from '../query/computed-images.ts';
import { type JobObjects, jobObjects } from '../query/job-objects.ts';
import { type JobProgress, jobProgress } from '../query/job-progress.ts';
import { openResults, type Results } from '../query/open-results.ts';
import type { ResultsSource } from '../query/parts.ts';
import { imagesPerSecond, type JobSummary } from '../shared/jobs/job-summary.ts';
import type { StorePlace } from '../shared/keys.ts';
import type { ObjectStore } from '../shared/ports.ts';
import { markComplete, markOpen, readSummary } from './mark-job.ts';

export interface CompleteJobsPorts {
  /** How the results of the store are read. */
  readonly source: ResultsSource;
  readonly store: ObjectStore;
  readonly place: StorePlace;
  /** The only job that is looked at. */
  readonly only?: string;
  readonly now: () => Date;
}

/** What was found out about jobs that have lists of their images. */
export interface JobsSeen {
  /** Complete since: their summary and marker are written. */
  readonly completed: readonly JobSummary[];
  /** Complete before, and with pending images again: their marker is gone. */
  readonly reopened: readonly string[];
  /** With images that are pending. */
  readonly open: number;
  /** Images of these that are. */
  readonly pending: number;
}

const readsAtOnce = 16;

/**
 * Marks every job as complete whose last image is accounted for, and takes the marker from those that got more images
 * since. Nothing else is written; done again, or by two processes at the same time, it comes to the same.
 */
export async function completeJobs(ports: CompleteJobsPorts): Promise<JobsSeen> {
  const { source, store, place, only } = ports;
  const jobs = (await jobObjects(source)).filter(
    ({ job, lists }) => lists.length > 0 && (only === undefined || job === only),
  );
  const known = await pMap(jobs, async (job) => ({ job, summary: await summaryThatHolds(job, ports) }), {
    concurrency: readsAtOnce,
  });
  const candidates = known.filter(({ summary }) => summary === undefined || summary.rejected > 0);
  if (candidates.length === 0) return { completed: [], reopened: [], open: 0, pending: 0 };
  const results = await openResults(source, { embeddings: false });
  try {
    const latest = await latestRows(results);
    const asked = candidates.filter(
      ({ job, summary }) => summary === undefined || (latest.get(job.job) ?? 0) > Date.parse(summary.last ?? ''),
    );
    if (asked.length === 0) return { completed: [], reopened: [], open: 0, pending: 0 };
    const lists = asked.flatMap(({ job }) => job.lists);
    const progress = new Map(
      (await jobProgress(results, { wanted: { lists }, since: ports.now() })).map((own) => [own.job, own]),
    );
    const completed: JobSummary[] = [];
    const reopened: string[] = [];
    let open = 0;
    let pending = 0;
    for (const { job, summary: before } of asked) {
      const own = progress.get(job.job);
      if (own === undefined) continue;
      if (own.pending === 0) {
        if (before && before.classified === own.classified && before.rejected === own.rejected) continue;
        const summary = await summaryOf(own, { results, lists: job.lists.length, now: ports.now() });
        await markComplete(store, place, summary);
        completed.push(summary);
        continue;
      }
      open += 1;
      pending += own.pending ?? 0;
      if (!job.isMarked) continue;
      await markOpen(store, place, job.job);
      reopened.push(job.job);
    }
    return { completed, reopened, open, pending };
  } finally {
    await results.close();
  }
}

/**
 * What a job was when it was complete, where no list came since that would have changed that. Images of it that were rejected
 * may still be tried again: then rows come that are later than its last.
 */
async function summaryThatHolds(
  { job, lists, isMarked }: JobObjects,
  { store, place }: CompleteJobsPorts,
): Promise<JobSummary | undefined> {
  const summary = isMarked ? await readSummary(store, place, job) : undefined;
  return summary?.lists === lists.length ? summary : undefined;
}

const latestSchema = z.array(z.tuple([z.string(), z.number()]));

/** When the last row of every job was made, milliseconds since 1970. */
async function latestRows(results: Results): Promise<Map<string, number>> {
  const reader = await results.connection
    .runAndReadAll('select job, epoch_ms(max(coalesce(classified_at, ingested_at)))::double from results group by job')
    .catch(async (error: unknown) => {
      throw await results.explain(error);
    });
  return new Map(latestSchema.parse(reader.getRowsJS()));
}

async function summaryOf(
  { job, total, classified, rejected, deleted, reasons, models, first, last }: JobProgress,
  { results, lists, now }: { results: Results; lists: number; now: Date },
): Promise<JobSummary> {
  const seconds = first && last ? (last.getTime() - first.getTime()) / 1000 : 0;
  const { unbilled, estimates } = usageOf(await computedImages(results, { job }));
  const dollars = estimates.reduce((sum, estimate) => sum + estimate.dollars, 0);
  return {
    ...{ summary: 1, job, total: total ?? 0, classified, rejected, deleted },
    reasons: Object.fromEntries(reasons.map(({ reason, count }) => [reason, count])),
    models: [...models],
    first: first?.toISOString() ?? null,
    last: last?.toISOString() ?? null,
    seconds,
    images_per_second: imagesPerSecond(classified + rejected, seconds),
    usage: { unbilled, dollars: Number(dollars.toFixed(6)) },
    lists,
    completed_at: now.toISOString(),
  };
}
