import { completeJobs } from '../../../jobs/progress/complete-jobs.ts';
import { listJobObjects } from '../../../jobs/progress/list-job-objects.ts';
import { markComplete, markOpen, readSummary } from '../../../jobs/progress/mark-job.ts';
import { type OpenedLocation, resultsSource } from '../locations.ts';
import type { Summary } from './summary.ts';

/**
 * Says in the store whether the job of a run is complete: every file that it listed has a row. Where images were submitted
 * to that job too, their lists decide.
 */
export async function markRun(summary: Summary, place: OpenedLocation): Promise<void> {
  const { job, total, classified, classifiedBefore, rejected, done, reasons, model, seconds } = summary;
  const { objects: store } = place;
  const source = resultsSource(place);
  const isSubmitted = (await listJobObjects(source)).some((own) => own.job === job && own.lists.length > 0);
  if (isSubmitted) {
    await completeJobs({ source, store, location: place, only: job, now: () => new Date() });
    return;
  }
  if (summary.interrupted || summary.pending > 0) {
    await markOpen(store, place, job);
    return;
  }
  // A run that found all of it done says nothing of how long that took, nor why images had been rejected.
  const before = done === total ? await readSummary(store, place, job) : undefined;
  if (before?.total === total && before.classified === classifiedBefore) {
    await markComplete(store, place, before);
    return;
  }
  const last = new Date();
  await markComplete(store, place, {
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
