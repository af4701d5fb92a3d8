import { imagesPerSecond } from '../../../shared/jobs/job-summary.ts';
import type { SkippedName } from '../../../shared/stores/ports.ts';
import type { RunOutcome } from './local-run.ts';
import { finishedCount, type LabelCount } from './tally.ts';

/** A label and how many images have it. */
export interface FrequentLabel extends LabelCount {
  /** Of the classified images of the run, 0 to 1. */
  readonly share: number;
}

/** Labels in a summary. */
const maxLabels = 5;

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
  /** The most frequent labels among `classified`. */
  readonly labels: readonly FrequentLabel[];
  /** Names that are no images, by why: hidden names, empty objects that stand for folders, and files of stores. */
  readonly skipped: Readonly<Partial<Record<SkippedName, number>>>;
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
  const { done, classifiedBefore, classified, rejected, reasons, deleted, labels, skipped } = counts;
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
    labels: topLabels([...labels.values()], classified),
    skipped: Object.fromEntries(skipped),
    pending: total - done - classified - rejected,
    seconds: Number((ms / 1000).toFixed(3)),
    imagesPerSecond: imagesPerSecond(classified + rejected, ms / 1000) ?? 0,
    interrupted,
  };
}

function topLabels(labels: readonly LabelCount[], classified: number): FrequentLabel[] {
  return labels
    .toSorted((a, b) => b.count - a.count || (a.label_id < b.label_id ? -1 : 1))
    .slice(0, maxLabels)
    .map((label) => ({ ...label, share: Number((label.count / classified).toFixed(4)) }));
}
