import { listJobObjects } from '../../../jobs/progress/list-job-objects.ts';
import { markComplete, markOpen, readSummary } from '../../../jobs/progress/mark-job.ts';
import { type OpenedLocation, resultsSource } from '../locations.ts';
import type { Summary } from './summary.ts';

/**
 * Records in the store whether the job of a run is complete, that is, every listed file has a row. If images were also
 * submitted to the job, its lists decide.
 */
export async function markRun(summary: Summary, location: OpenedLocation): Promise<void> {
  const { job, total, classified, classifiedBefore, rejected, done, reasons, model, seconds } = summary;
  const { objects: store } = location;
  const source = resultsSource(location);
  const isSubmitted = (await listJobObjects(source)).some((objects) => objects.job === job && objects.lists.length > 0);
  if (isSubmitted) {
    const { completeJobs } = await import('../../../jobs/progress/complete-jobs.ts');
    await completeJobs({ source, store, location, only: job, now: () => new Date() });
    return;
  }
  if (summary.interrupted || summary.pending > 0) {
    await markOpen(store, location, job);
    return;
  }
  // If an earlier run did all the work, its summary has the times and the reasons of rejections.
  const before = done === total ? await readSummary(store, location, job) : undefined;
  if (before?.total === total && before.classified === classifiedBefore) {
    await markComplete(store, location, before);
    return;
  }
  const last = new Date();
  await markComplete(store, location, {
    ...{ summary: 1, job, total },
    classified: classifiedBefore + classified,
    rejected: done - classifiedBefore + rejected,
    deleted: 0,
    reasons,
    models: [model],
    first: new Date(last.getTime() - 1000 * seconds).toISOString(),
    last: last.toISOString(),
    seconds,
    images_per_second: summary.imagesPerSecond,
    usage: null,
    lists: 0,
    completed_at: last.toISOString(),
  });
}
