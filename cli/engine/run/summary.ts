import type { RunOutcome } from './local-run.ts';
import { finishedCount } from './tally.ts';

/** Outcome of a run. */
export interface Summary {
  readonly job: string;
  readonly store: string;
  readonly model: string;
  readonly total: number;
  /** Finished by an earlier run. */
  readonly done: number;
  /** Classified images among `done`. */
  readonly classifiedBefore: number;
  readonly classified: number;
  readonly rejected: number;
  /** Rejected images by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Deletions recorded; not part of the total. */
  readonly deleted: number;
  /** Images without an outcome, because of an interruption or a fault. */
  readonly pending: number;
  readonly seconds: number;
  readonly imagesPerSecond: number;
  readonly interrupted: boolean;
}

export function summarize(
  { counts, ms, interrupted }: RunOutcome,
  names: Pick<Summary, 'job' | 'store' | 'model'>,
): Summary {
  const { done, classifiedBefore, classified, rejected, reasons, deleted } = counts;
  const total = counts.total ?? finishedCount(counts);
  return {
    ...names,
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
