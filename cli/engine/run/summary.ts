import type { Model } from '../../../shared/models/model-directory.ts';
import { printStatuses } from '../../terminal/print-statuses.ts';
import { shellWord } from '../../terminal/shell-word.ts';
import { duration, finished, images } from '../../terminal/words.ts';
import type { Counts } from './tally.ts';

/** What a run did, for people and for machines. */
export interface Summary {
  readonly job: string;
  readonly store: string;
  readonly model: string;
  readonly total: number;
  /** Finished by an earlier run. */
  readonly done: number;
  /** Of these, the classified. */
  readonly classifiedBefore: number;
  readonly classified: number;
  readonly rejected: number;
  /** Rejected images by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Deletions that were noted, whose images' rows are marked; they are none of the total. */
  readonly deleted: number;
  /** Images without an outcome: a run that was interrupted, or a fault. */
  readonly pending: number;
  readonly seconds: number;
  readonly imagesPerSecond: number;
  readonly interrupted: boolean;
}

export function summarise(
  counts: Counts,
  {
    job,
    store,
    model,
    ms,
    interrupted,
  }: { job: string; store: string; model: Model; ms: number; interrupted: boolean },
): Summary {
  const { done, classifiedBefore, classified, rejected, reasons, deleted } = counts;
  const total = counts.total ?? finished(counts);
  return {
    job,
    store,
    model: model.id,
    total,
    done,
    classifiedBefore,
    classified,
    rejected,
    reasons: Object.fromEntries(reasons),
    deleted,
    pending: total - done - classified - rejected,
    seconds: Number((ms / 1000).toFixed(3)),
    imagesPerSecond: Number(((classified + rejected) / (ms / 1000)).toFixed(1)),
    interrupted,
  };
}

export function printSummary(summary: Summary): void {
  const { total, done, classified, rejected, reasons, deleted, pending, seconds, imagesPerSecond, store, job } =
    summary;
  printStatuses([
    ...(done > 0 ? [{ status: 'done before', count: done }] : []),
    ...(classified > 0 || done === 0 ? [{ status: 'classified', count: classified }] : []),
    ...Object.entries(reasons).map(([reason, count]) => ({ status: 'rejected', reason, count })),
    ...(pending > 0 ? [{ status: 'pending', count: pending }] : []),
  ]);
  const rate = classified + rejected > 0 ? ` (${imagesPerSecond}/s)` : '';
  console.log(
    `${total} ${images(total)} of job ${job} in ${duration(seconds * 1000)}${rate}: ` +
      `${classified} classified, ${rejected} rejected${done > 0 ? `, ${done} done before` : ''}` +
      `${pending > 0 ? `, ${pending} pending` : ''}${deleted > 0 ? `; ${deleted} deleted` : ''}`,
  );
  if (classified + rejected + done + deleted > 0) {
    console.log(`Results are in ${store}: inception-batch results --store ${shellWord(store)}`);
  }
  if (summary.interrupted) console.log('Interrupted: run the same command again to go on from here.');
  else if (pending > 0) console.log('Pending images have no outcome yet: run the same command again to try them.');
}
